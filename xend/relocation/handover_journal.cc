#include "xend/relocation/handover_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/atomic_file.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr char kDepartures[] = "departures", kArrivals[] = "arrivals";
constexpr std::size_t kLargestRecord = 16 * 1024;

std::string file_of(const std::string& folder, const char* kind, const Ticket& ticket) {
  return fmt::format("{}/{}/{}.sxp", folder, kind, ticket.to_string());
}

void sync_folder(const std::string& path) {
  const rpc::FileDescriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || (fsync(folder.get()) != 0 && errno != EINVAL))
    throw std::system_error(errno, std::generic_category(), path);
}

// With those above it; what was not there is on the disk when this returns, too.
void make_folder(const std::filesystem::path& path) {
  if (!path.is_absolute())
    throw Error(fmt::format("The records of moves cannot be kept in '{}': it is no absolute path.", path.string()));
  if (std::filesystem::is_directory(path)) return;
  make_folder(path.parent_path());
  if (mkdir(path.c_str(), 0700) == 0)
    sync_folder(path.parent_path().string());
  else if (errno != EEXIST)
    throw std::system_error(errno, std::generic_category(), path.string());
}

// Runs `write` on a file below a folder that is made for it. Throws Error.
template <typename Write>
void in_folder_of(const std::string& path, Write&& write) {
  try {
    make_folder(std::filesystem::path(path).parent_path());
    write();
  } catch (const std::system_error& e) {
    const int error = e.code().value();
    const bool full = error == ENOSPC || error == EDQUOT;
    throw Error(fmt::format("What is known of the move cannot be written to {}: {}.{}", path, std::strerror(error),
                            full ? " Make room on its file system (df -h, df -i)." : ""));
  }
}

void write_record(const std::string& folder, const char* kind, const Ticket& ticket, const sxp::Value& record) {
  const auto path = file_of(folder, kind, ticket);
  in_folder_of(path, [&] {
    AtomicFile file(path);
    file.write(sxp::to_string(record) + "\n");
    file.commit();
  });
}

void forget_record(const std::string& folder, const char* kind, const Ticket& ticket) {
  const auto path = file_of(folder, kind, ticket);
  try {
    if (unlink(path.c_str()) == 0)
      sync_folder(folder + "/" + kind);
    else if (errno != ENOENT)
      throw std::system_error(errno, std::generic_category(), path);
  } catch (const std::system_error& e) {
    throw Error(fmt::format("{} cannot be removed: {}.", path, std::strerror(e.code().value())));
  }
}

std::string read_whole(const std::string& path) {
  const rpc::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat kind {};
  if (!file || fstat(file.get(), &kind) != 0) throw Error(std::strerror(errno));
  if (!S_ISREG(kind.st_mode)) throw Error("it is not a file");
  std::string text(kLargestRecord + 1, '\0');
  const auto n = read(file.get(), text.data(), text.size());
  if (n < 0) throw Error(std::strerror(errno));
  if (static_cast<std::size_t>(n) > kLargestRecord) throw Error("it is too large");
  text.resize(static_cast<std::size_t>(n));
  return text;
}

// A daemon that was killed between its rename and its sync leaves a record that is seen, and gone when the power fails.
// Nobody may act on it before it is durable: the guest would be where the older record says, when it has run elsewhere.
void make_durable(const std::string& records) {
  if (!std::filesystem::exists(records)) return;
  try {
    sync_folder(records);
  } catch (const std::system_error& e) {
    XEND_LOG(Error,
             "{} cannot be synced: {}. What it says of moves is acted upon, and may be gone if the power fails now.",
             records, std::strerror(e.code().value()));
  }
}

template <typename Record>
std::vector<Record> load(const std::string& folder, const char* kind, Record (*parse)(const sxp::Value&)) {
  std::vector<Record> records;
  std::error_code none;
  make_durable(folder + "/" + kind);
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/" + kind, none)) {
    const auto& path = entry.path();
    if (path.extension() != ".sxp") {
      std::filesystem::remove(path, none);  // half written when the power failed
      continue;
    }
    try {
      auto record = parse(sxp::parse_one(read_whole(path.string()), {.depth = 4, .bytes = kLargestRecord}));
      if (record.ticket.to_string() != path.stem().string()) throw Error("it is the record of another ticket");
      records.push_back(std::move(record));
    } catch (const std::exception& e) {
      XEND_LOG(Error, "The record of a handover in {} cannot be read, and is left there: {}", path.string(), e.what());
    }
  }
  return records;
}

}  // namespace

// Never committed: they are gone when it is.
class HandoverJournal::Room {
 public:
  explicit Room(const std::string& path) : record_(path), successor_(path) {
    for (AtomicFile* file : {&record_, &successor_}) {
      file->write(std::string(kUsualRecord, '\n'));
      if (fsync(file->fd()) != 0) throw std::system_error(errno, std::generic_category(), path);
    }
  }

 private:
  static constexpr std::size_t kUsualRecord = 4096;  // a block of most file systems
  AtomicFile record_, successor_;
};

HandoverJournal::HandoverJournal(std::string folder) : folder_(std::move(folder)) {}

HandoverJournal::~HandoverJournal() = default;

void HandoverJournal::make_room(const Ticket& arrival) {
  const auto path = file_of(folder_, kArrivals, arrival);
  in_folder_of(path, [&] {
    auto room = std::make_unique<Room>(path);
    const std::lock_guard lock(mutex_);
    rooms_[arrival] = std::move(room);
  });
}

void HandoverJournal::give_room_back(const Ticket& arrival) {
  const std::lock_guard lock(mutex_);
  rooms_.erase(arrival);
}

void HandoverJournal::write(const DepartureRecord& record) {
  write_record(folder_, kDepartures, record.ticket, to_sxp(record));
}

void HandoverJournal::write(const ArrivalRecord& record) {
  give_room_back(record.ticket);
  write_record(folder_, kArrivals, record.ticket, to_sxp(record));
}

void HandoverJournal::forget_departure(const Ticket& ticket) {
  forget_record(folder_, kDepartures, ticket);
}

void HandoverJournal::forget_arrival(const Ticket& ticket) {
  give_room_back(ticket);
  forget_record(folder_, kArrivals, ticket);
}

std::vector<DepartureRecord> HandoverJournal::departures() const {
  return load<DepartureRecord>(folder_, kDepartures, parse_departure);
}

std::vector<ArrivalRecord> HandoverJournal::arrivals() const {
  return load<ArrivalRecord>(folder_, kArrivals, parse_arrival);
}

}  // namespace xend
