#include "libxc-wrap/libxenstore.h"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <utility>

extern "C" {
#include <xenstore.h>
}

#include "libxc-wrap/libxenstore_watch.h"

namespace xc {
namespace {

constexpr int kTransactionAttempts = 100;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

void check(bool done, const char* call, const std::string& object) {
  if (!done) throw Error(call + (" " + object), errno);
}

unsigned raw_access(Permissions::Access access) {
  switch (access) {
    case Permissions::kNone:
      return XS_PERM_NONE;
    case Permissions::kRead:
      return XS_PERM_READ;
    case Permissions::kWrite:
      return XS_PERM_WRITE;
    case Permissions::kBoth:
      break;
  }
  return XS_PERM_READ | XS_PERM_WRITE;
}

// A transaction that was not committed is thrown away.
class Transaction {
 public:
  explicit Transaction(xs_handle* connection) : connection_(connection), id_(xs_transaction_start(connection)) {
    check(id_ != XBT_NULL, "xs_transaction_start", "");
  }
  ~Transaction() {
    if (id_ != XBT_NULL) xs_transaction_end(connection_, id_, true);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  std::uint32_t id() const { return id_; }

  // False when somebody else interfered: everything is to be done again.
  bool commit() {
    const xs_transaction_t id = std::exchange(id_, XBT_NULL);
    if (xs_transaction_end(connection_, id, false)) return true;
    check(errno == EAGAIN, "xs_transaction_end", "");
    return false;
  }

 private:
  xs_handle* connection_;
  xs_transaction_t id_;
};

}  // namespace

std::shared_ptr<xs_handle> connect_to_xenstored() {
  xs_handle* const raw = xs_open(0);
  if (raw == nullptr) throw Error("xs_open", errno);
  return {raw, [](xs_handle* open) { xs_close(open); }};
}

LibxenStore::LibxenStore(unsigned connections) {
  while (connections_.size() < connections) connections_.push_back(connect_to_xenstored());
}

LibxenStore::LibxenStore(Connection connection, std::uint32_t transaction)
    : connections_{std::move(connection)}, transaction_(transaction) {}

std::optional<std::string> LibxenStore::read(const std::string& path, std::size_t limit) {
  unsigned length = 0;
  const std::unique_ptr<void, Free> value(xs_read(connection().get(), transaction_, path.c_str(), &length));
  if (!value) {
    if (errno == ENOENT) return std::nullopt;
    check(false, "xs_read", path);
  }
  if (length > limit) {
    throw Error("xs_read " + path, E2BIG,
                std::to_string(length) + " bytes where at most " + std::to_string(limit) + " are expected");
  }
  return std::string(static_cast<const char*>(value.get()), length);
}

void LibxenStore::write(const std::string& path, const std::string& value) {
  if (value.size() > std::numeric_limits<unsigned>::max()) throw Error("xs_write " + path, E2BIG);
  check(xs_write(connection().get(), transaction_, path.c_str(), value.data(), static_cast<unsigned>(value.size())),
        "xs_write", path);
}

void LibxenStore::make_dir(const std::string& path) {
  check(xs_mkdir(connection().get(), transaction_, path.c_str()), "xs_mkdir", path);
}

void LibxenStore::remove(const std::string& path) {
  const bool gone = xs_rm(connection().get(), transaction_, path.c_str()) || errno == ENOENT;
  check(gone, "xs_rm", path);
}

std::vector<std::string> LibxenStore::list(const std::string& path) {
  unsigned count = 0;
  // One block for the pointers and the strings.
  const std::unique_ptr<char*, Free> names(xs_directory(connection().get(), transaction_, path.c_str(), &count));
  if (!names) {
    check(errno == ENOENT, "xs_directory", path);
    return {};
  }
  return {names.get(), names.get() + count};
}

void LibxenStore::set_permissions(const std::string& path, const Permissions& permissions) {
  std::vector<xs_permissions> raw;
  raw.push_back({permissions.owner, raw_access(permissions.others)});  // the first entry: owner, and everybody else
  for (const Permissions::Grant& grant : permissions.grants) raw.push_back({grant.domid, raw_access(grant.access)});
  check(
      xs_set_permissions(connection().get(), transaction_, path.c_str(), raw.data(), static_cast<unsigned>(raw.size())),
      "xs_set_permissions", path);
}

void LibxenStore::transaction(const std::function<void(Store&)>& steps) {
  if (transaction_ != XBT_NULL) {  // a transaction inside a transaction is part of it
    steps(*this);
    return;
  }
  for (int attempt = 0; attempt < kTransactionAttempts; ++attempt) {
    const Connection one = connection();
    Transaction transaction(one.get());
    LibxenStore inside(one, transaction.id());
    steps(inside);
    if (transaction.commit()) return;
  }
  throw Error("xs_transaction_end", EAGAIN,
              "other changes to xenstore came in between " + std::to_string(kTransactionAttempts) + " times in a row");
}

void LibxenStore::introduce_domain(DomId domid, Frame frame, Port port) {
  check(xs_introduce_domain(connection().get(), domid, frame, port), "xs_introduce_domain", std::to_string(domid));
}

void LibxenStore::resume_domain(DomId domid) {
  check(xs_resume_domain(connection().get(), domid), "xs_resume_domain", std::to_string(domid));
}

std::unique_ptr<Watch> LibxenStore::watch() {
  return std::make_unique<LibxenWatch>();
}

}  // namespace xc
