// Descriptors as sinks and sources, the rate limit, and the hook that libxenguest's calls come through.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "tests/unit/xend/helpers/image_file.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/rate_limit.h"
#include "xend/helpers/stream_hook.h"

namespace xend {
namespace {

using test::bytes;
using test::ImageFile;

TEST(FdSink, CollectsSmallPiecesAndCounts) {
  ImageFile file;
  std::vector<std::size_t> announced;
  FdSink sink(file.fd(), [&](std::size_t count) { announced.push_back(count); });
  sink.write(bytes("abc"));
  sink.write(bytes("def"));
  EXPECT_EQ(sink.bytes_written(), 0U);
  sink.flush();
  EXPECT_EQ(file.content(), "abcdef");
  sink.write(bytes("x"));
  sink.write(bytes(std::string(100'000, 'y')));
  EXPECT_EQ(file.content().size(), 100'007U);
  EXPECT_EQ(announced, (std::vector<std::size_t>{6, 1, 100'000}));
}

TEST(FdSink, NoSpaceLeftCarriesItsErrno) {
  const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  FdSink sink(full.get());
  try {
    sink.write(bytes(std::string(100'000, 'y')));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error(), ENOSPC);
    EXPECT_STREQ(failure.what(), "the image could not be written after 0 bytes: No space left on device");
  }
}

TEST(FdSink, APeerThatClosesIsNamed) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const Descriptor near(pair[0]);
  ::close(pair[1]);
  FdSink sink(near.get());
  try {
    sink.write(bytes(std::string(100'000, 'y')));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error(), EPIPE);
    EXPECT_STREQ(failure.what(), "the other end closed the connection after 0 bytes of the image: Broken pipe");
  }
}

// The other end is alive and takes nothing: who cancels does not wait for it.
TEST(FdSink, AsksWhileASocketTakesNothing) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const Descriptor near(pair[0]), far(pair[1]);
  int asked = 0;
  FdSink sink(near.get(), [&](std::size_t count) {
    if (count == 0 && ++asked == 2) throw Failure("cancelled");
  });
  EXPECT_THROW(sink.write(bytes(std::string(10'000'000, 'y'))), Failure);
  EXPECT_GT(sink.bytes_written(), 0U);
  EXPECT_LT(sink.bytes_written(), 10'000'000U);
}

TEST(FdSource, PositionIsTheFiles) {
  ImageFile file("0123456789");
  file.rewind(4);
  FdSource source(file.fd());
  std::array<std::byte, 4> four{};
  EXPECT_EQ(source.fill(four), 4U);
  EXPECT_EQ(source.position(), 8U);
  EXPECT_EQ(source.bytes_read(), 4U);
  EXPECT_EQ(source.fill(four), 2U);
  EXPECT_EQ(source.fill(four), 0U);
}

// A connection with the limit of time that the daemon gives it, and what is said when it is over.
class SilentPeer : public testing::TestWithParam<bool> {
 protected:
  SilentPeer() {
    std::array<int, 2> pair{};
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | (GetParam() ? SOCK_NONBLOCK : 0);
    EXPECT_EQ(::socketpair(AF_UNIX, kind, 0, pair.data()), 0);
    near_ = Descriptor(pair[0]);
    far_ = Descriptor(pair[1]);
    const timeval limit{0, 100'000};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
      EXPECT_EQ(::setsockopt(near_.get(), SOL_SOCKET, option, &limit, sizeof limit), 0);
  }
  template <typename Run>
  std::string failure(Run run) {
    try {
      run();
    } catch (const Failure& caught) {
      EXPECT_EQ(caught.error(), ETIMEDOUT);
      return caught.what();
    }
    return "nothing";
  }
  Descriptor near_, far_;
};

TEST_P(SilentPeer, ThatSendsNothingIsNotReadFromForEver) {
  ASSERT_EQ(::write(far_.get(), "seven..", 7), 7);
  FdSource source(near_.get());
  std::array<std::byte, 100> piece{};
  EXPECT_EQ(failure([&] { source.fill(piece); }),
            "nothing came from the other end for 100 ms, after 7 bytes of the image");
}

TEST_P(SilentPeer, ThatTakesNothingIsNotWrittenToForEver) {
  FdSink sink(near_.get());
  EXPECT_TRUE(failure([&] {
                sink.write(bytes(std::string(50'000'000, 'x')));
              }).starts_with("the other end took nothing for 100 ms, after "));
}

INSTANTIATE_TEST_SUITE_P(Is, SilentPeer, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "NotBlocking" : "Blocking"; });

TEST(KeepQueueShort, SetsWhatTheSocketTakesAndLeavesTheRest) {
  const Descriptor tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  keep_queue_short(tcp.get());
  const auto option = [&](int name) {
    int value = 0;
    socklen_t length = sizeof value;
    EXPECT_EQ(::getsockopt(tcp.get(), IPPROTO_TCP, name, &value, &length), 0);
    return value;
  };
  EXPECT_EQ(option(TCP_NOTSENT_LOWAT), 512 * 1024);
  EXPECT_EQ(option(TCP_NODELAY), 1);
  const ImageFile file;
  keep_queue_short(file.fd());
}

TEST(RateLimit, KeepsTheAverage) {
  using Clock = RateLimit::Clock;
  Clock::time_point now{std::chrono::hours(1)};
  RateLimit limit(
      8, [&] { return now; }, [&](Clock::time_point until) { now = until; });  // a million bytes a second
  const Clock::time_point start = now;
  for (int i = 0; i < 100; ++i) limit.spend(100'000);
  const double seconds = std::chrono::duration<double>(now - start).count();
  EXPECT_NEAR(seconds, 10.0, 0.11);  // less what the bucket held at the start
}

TEST(RateLimit, AnIdleStreamSavesUpATenthOfASecond) {
  using Clock = RateLimit::Clock;
  Clock::time_point now{std::chrono::hours(1)};
  RateLimit limit(
      8, [&] { return now; }, [&](Clock::time_point until) { now = until; });
  limit.spend(1);
  now += std::chrono::hours(1);
  const Clock::time_point start = now;
  limit.spend(100'000);
  EXPECT_EQ(now, start);
  limit.spend(100'000);
  EXPECT_NEAR(std::chrono::duration<double>(now - start).count(), 0.1, 0.001);
}

TEST(RateLimit, ZeroIsNoLimit) {
  RateLimit limit(0, RateLimit::Clock::now, [](RateLimit::Clock::time_point) { FAIL(); });
  limit.spend(1'000'000'000);
}

// What the main programs' write and read do.
class Words final : public ByteSink, public ByteSource {
 public:
  void write(std::span<const std::byte> piece) override {
    if (fail) throw Failure("full", ENOSPC);
    written.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  std::size_t read(std::span<std::byte> piece) override {
    if (fail) throw Failure("torn");
    piece[0] = std::byte{'r'};
    return 1;
  }
  std::string written;
  bool fail = false;
};

iovec piece_of(std::string& text) {
  return {text.data(), text.size()};
}

TEST(StreamHook, TakesOnlyWhatIsAboutItsDescriptor) {
  std::string one = "one ", two = "two";
  const std::array<iovec, 2> pieces = {piece_of(one), piece_of(two)};
  EXPECT_EQ(StreamHook::write(1, pieces), std::nullopt);
  Words words;
  {
    StreamHook hook(static_cast<ByteSink&>(words));
    EXPECT_THROW(hook.require_used(), Failure);
    EXPECT_EQ(StreamHook::write(hook.fd(), pieces), 7);
    EXPECT_EQ(StreamHook::write(hook.fd() + 1, pieces), std::nullopt);
    char byte = 0;
    EXPECT_EQ(StreamHook::read(hook.fd(), &byte, 1), std::nullopt);
    hook.require_used();
    hook.rethrow();
  }
  EXPECT_EQ(words.written, "one two");
  StreamHook hook(static_cast<ByteSource&>(words));
  char byte = 0;
  EXPECT_EQ(StreamHook::read(hook.fd(), &byte, 1), 1);
  EXPECT_EQ(byte, 'r');
}

TEST(StreamHook, KeepsTheFirstFailureForLater) {
  Words words;
  words.fail = true;
  StreamHook hook(static_cast<ByteSink&>(words));
  std::string text = "x";
  const iovec piece = piece_of(text);
  errno = 0;
  EXPECT_EQ(StreamHook::write(hook.fd(), {&piece, 1}), -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_THROW(hook.rethrow(), Failure);
}

TEST(StreamHook, KnowsWhoseFunctionWins) {
  EXPECT_THROW(StreamHook::require_own("writev"), Failure);  // the C library's, in this program
  EXPECT_THROW(StreamHook::require_own("no_such_function_at_all"), Failure);
}

}  // namespace
}  // namespace xend
