#include "xend/node/pool_state.h"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "xend/atomic_file.h"
#include "xend/error.h"

namespace xend {

namespace {

constexpr std::uintmax_t kLargestFile = 1024 * 1024;

std::string path_in(const std::string& folder) {
  return (std::filesystem::path(folder) / "cpu_pool.xml").string();
}

// Old files have line breaks and blanks around everything.
std::string plain(const char* text) {
  std::string_view rest = text != nullptr ? text : "";
  constexpr std::string_view kBlanks = " \t\n\r";
  const auto first = rest.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  return std::string(rest.substr(first, rest.find_last_not_of(kBlanks) - first + 1));
}

unsigned number(const std::string& path, const std::string& text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("{}: '{}' stands where a number of CPUs or of a CPU is due.", path, text));
  return n;
}

using Element = tinyxml2::XMLElement;

std::vector<const Element*> items(const Element& list) {
  std::vector<const Element*> all;
  for (const Element* item = list.FirstChildElement("item"); item; item = item->NextSiblingElement("item"))
    all.push_back(item);
  return all;
}

PoolRecord read_pool(const std::string& path, const Element& element) {
  PoolRecord pool;
  const auto uuid = xc::Uuid::parse(plain(element.Attribute("uuid")));
  if (!uuid) throw Error(fmt::format("{}: a pool in it has no UUID.", path));
  pool.uuid = *uuid;
  for (const Element* field = element.FirstChildElement(); field; field = field->NextSiblingElement()) {
    const std::string name = field->Name(), text = plain(field->GetText());
    if (name == "name_label") pool.name = text;
    if (name == "name_description") pool.description = text;
    if (name == "sched_policy") pool.scheduler = text;
    if (name == "auto_power_on") pool.auto_power_on = text == "1" || text == "True";
    if (name == "ncpu") pool.ncpu = number(path, text);
    if (name == "proposed_CPUs")
      for (const Element* item : items(*field)) pool.proposed.push_back(number(path, plain(item->Attribute("uuid"))));
    if (name == "other_config")
      for (const Element* item : items(*field))
        pool.other_config[plain(item->Attribute("key"))] = plain(item->Attribute("value"));
  }
  if (pool.name.empty()) throw Error(fmt::format("{}: pool {} has no name.", path, pool.uuid.to_string()));
  return pool;
}

Element* add_field(Element& pool, const char* name, const char* type, const std::string& text = "") {
  Element* field = pool.InsertNewChildElement(name);
  field->SetAttribute("type", type);
  if (!text.empty()) field->SetText(text.c_str());
  return field;
}

void add_pool(Element& root, const PoolRecord& record) {
  Element& pool = *root.InsertNewChildElement("cpu_pool");
  pool.SetAttribute("uuid", record.uuid.to_string().c_str());
  add_field(pool, "name_label", "string", record.name);
  add_field(pool, "name_description", "string", record.description);
  add_field(pool, "auto_power_on", "bool", record.auto_power_on ? "1" : "0");
  add_field(pool, "ncpu", "int", std::to_string(record.ncpu));
  add_field(pool, "sched_policy", "string", record.scheduler);
  Element* proposed = add_field(pool, "proposed_CPUs", "list");
  for (const unsigned cpu : record.proposed) {
    Element* item = proposed->InsertNewChildElement("item");
    item->SetAttribute("type", "string");
    item->SetAttribute("uuid", std::to_string(cpu).c_str());
  }
  Element* other = add_field(pool, "other_config", "dict");
  for (const auto& [key, value] : record.other_config) {
    Element* item = other->InsertNewChildElement("item");
    item->SetAttribute("key", key.c_str());
    item->SetAttribute("type", "string");
    item->SetAttribute("value", value.c_str());
  }
}

}  // namespace

std::vector<PoolRecord> read_pool_state(const std::string& folder) {
  const std::string path = path_in(folder);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  if (error) throw Error(fmt::format("{} cannot be read: {}.", path, error.message()));
  if (size > kLargestFile) throw Error(fmt::format("{} has {} bytes: it is not a list of CPU pools.", path, size));
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  tinyxml2::XMLDocument document;
  if (document.Parse(text.str().c_str()) != tinyxml2::XML_SUCCESS)
    throw Error(fmt::format("{} is not XML: {}", path, document.ErrorStr()));
  std::vector<PoolRecord> pools;
  const Element* root = document.FirstChildElement("cpu_pools");
  if (root == nullptr) throw Error(fmt::format("{} has no element cpu_pools.", path));
  for (const Element* pool = root->FirstChildElement("cpu_pool"); pool; pool = pool->NextSiblingElement("cpu_pool"))
    pools.push_back(read_pool(path, *pool));
  return pools;
}

void write_pool_state(const std::string& folder, const std::vector<PoolRecord>& pools) {
  tinyxml2::XMLDocument document;
  document.InsertEndChild(document.NewDeclaration("xml version=\"1.0\" "));
  Element* root = document.NewElement("cpu_pools");
  document.InsertEndChild(root);
  for (const PoolRecord& pool : pools) add_pool(*root, pool);
  tinyxml2::XMLPrinter printer;
  document.Print(&printer);
  try {
    std::filesystem::create_directories(folder);
    AtomicFile file(path_in(folder));
    file.write(printer.CStr());
    file.commit();
  } catch (const std::system_error& e) {
    throw Error(fmt::format("The list of managed CPU pools cannot be kept: {}", e.what()));
  }
}

}  // namespace xend
