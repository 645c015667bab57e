// Two hosts, each with a certificate, over real TCP: who may speak with whom, and what both are told.
#include "rpc/tls_party.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include <chrono>
#include <csignal>
#include <future>

#include "rpc/kernel_tls.h"
#include "rpc/listen.h"
#include "tests/unit/rpc/certificate.h"
#include "tests/unit/rpc/fixture.h"

namespace rpc {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::pair<FileDescriptor, FileDescriptor> tcp_pair() {
  const FileDescriptor listening(listen_tcp("127.0.0.1", 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_of(listening.get())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  FileDescriptor near(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(near.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
  return {std::move(near), FileDescriptor(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC))};
}

class Parties : public testing::Test {
 protected:
  Parties() {
    std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
    for (const auto& pem : {client_pem_, server_pem_}) write_certificate(pem);
  }

  struct Outcome {
    std::string client, server;  // "ok", or the error
    SecuredSocket near, far;
  };

  // Whether a byte from the server arrives, which tells a client of TLS 1.3 what the server thought of it.
  static std::string says(const std::function<SecuredSocket()>& shake_hands, SecuredSocket& result, bool speaks) {
    try {
      result = shake_hands();
      char byte = 'x';
      if (speaks) return ::send(result.fd.get(), &byte, 1, MSG_NOSIGNAL) == 1 ? "ok" : "gone";
      return ::recv(result.fd.get(), &byte, 1, 0) == 1 ? "ok" : "closed at once";
    } catch (const TlsRefusal& e) {
      return std::string(e.by == TlsRefusal::By::kUs ? "we: " : "they: ") + e.what();
    } catch (const std::exception& e) {
      return e.what();
    }
  }
  Outcome meet(const TlsParty& client, const TlsParty& server, const std::string& host = "127.0.0.1") {
    Outcome outcome;
    auto [near, far] = tcp_pair();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    auto other = std::async(std::launch::async, [&, socket = std::move(far)]() mutable {
      return says([&] { return server.accept(std::move(socket), deadline); }, outcome.far, true);
    });
    outcome.client =
        says([&, &socket = near] { return client.connect(std::move(socket), host, deadline); }, outcome.near, false);
    outcome.server = other.get();
    return outcome;
  }
  std::string authority(const char* name) const {
    const std::string pem = folder_.path(name);
    write_certificate(pem, {.name = name, .constraints = "CA:TRUE"});
    return pem;
  }

  TemporaryDirectory folder_;
  const std::string client_pem_ = folder_.path("client.pem"), server_pem_ = folder_.path("server.pem");
  const std::string other_pem_ = folder_.path("other.pem");
};

TEST_F(Parties, EachKnowsTheFingerprintOfTheOther) {
  const TlsParty client(client_pem_, client_pem_, {"", {fingerprint_of(server_pem_)}});
  const TlsParty server(server_pem_, server_pem_, {"", {fingerprint_of(client_pem_)}});
  const auto outcome = meet(client, server, "whatever it is called");
  EXPECT_EQ(outcome.client, "ok");
  EXPECT_EQ(outcome.server, "ok");
  EXPECT_TRUE(outcome.near.peer.pinned);
  EXPECT_TRUE(outcome.far.peer.pinned);
  EXPECT_EQ(outcome.far.peer.shown, fingerprint_of(client_pem_));
  EXPECT_THAT(outcome.near.how, MatchesRegex("TLSv1\\.[23] .*AES.?256.GCM.SHA384, by (xend|the kernel)"));
}

TEST_F(Parties, OneOfSeveralFingerprintsIsEnough) {
  write_certificate(other_pem_);
  const TlsParty client(client_pem_, client_pem_, {});
  const TlsParty server(server_pem_, server_pem_, {"", {fingerprint_of(other_pem_), fingerprint_of(client_pem_)}});
  EXPECT_EQ(meet(client, server).server, "ok");
}

TEST_F(Parties, AServerWithAnotherCertificateIsRefusedAndToldSo) {
  write_certificate(other_pem_);
  const TlsParty client(client_pem_, client_pem_, {"", {fingerprint_of(other_pem_)}});
  const TlsParty server(server_pem_, server_pem_, {});
  const auto outcome = meet(client, server);
  EXPECT_EQ(outcome.client, "we: It showed the certificate with the SHA-256 fingerprint " +
                                fingerprint_of(server_pem_).text() + ", and it is none of those that are known here.");
  EXPECT_EQ(outcome.server, "they: It does not take this host's certificate, whose SHA-256 fingerprint is " +
                                fingerprint_of(server_pem_).text() + ".");
}

TEST_F(Parties, AClientWithAnotherCertificateIsRefused) {
  write_certificate(other_pem_);
  const TlsParty client(client_pem_, client_pem_, {"", {fingerprint_of(server_pem_)}});
  const TlsParty server(server_pem_, server_pem_, {"", {fingerprint_of(other_pem_)}});
  const auto outcome = meet(client, server);
  EXPECT_EQ(outcome.server, "we: It showed the certificate with the SHA-256 fingerprint " +
                                fingerprint_of(client_pem_).text() + ", and it is none of those that are known here.");
  EXPECT_NE(outcome.client, "ok");
}

TEST_F(Parties, AClientWithoutACertificateIsRefusedByWhoeverAsks) {
  const TlsParty client("", "", {});
  const TlsParty server(server_pem_, server_pem_, {"", {fingerprint_of(client_pem_)}});
  const auto outcome = meet(client, server);
  EXPECT_EQ(outcome.server, "we: It showed no certificate, and hosts without one may not speak here.");
  EXPECT_NE(outcome.client, "ok");
}

// What kernels encrypt is TLS 1.2, in which a client hears at once what the server thinks of it.
TEST_F(Parties, AServerOfTls12TellsAClientWhyItIsTurnedAway) {
  const TlsTrust nobody{"", {fingerprint_of(server_pem_)}};
  const TlsContext context = make_tls_context(TlsEnd::kServer);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  show_certificate(context.get(), server_pem_, server_pem_);
  ask_for_certificates(context.get(), nobody);
  const auto turned_away = [&](const TlsParty& client) {
    auto [near, far] = tcp_pair();
    auto accepted = std::async(std::launch::async, [&, fd = far.get()] {
      const Tls tls(::SSL_new(context.get()));
      TlsVerdict verdict;
      set_verdict(tls.get(), verdict);
      ::SSL_set_fd(tls.get(), fd);
      const int result = ::SSL_accept(tls.get());
      ::shutdown(fd, SHUT_WR);
      return result;
    });
    SecuredSocket none;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    const auto error =
        says([&, &socket = near] { return client.connect(std::move(socket), "127.0.0.1", deadline); }, none, false);
    EXPECT_NE(accepted.get(), 1);
    return error;
  };
  EXPECT_EQ(turned_away(TlsParty(client_pem_, client_pem_, {})),
            "they: It does not take this host's certificate, whose SHA-256 fingerprint is " +
                fingerprint_of(client_pem_).text() + ".");
  EXPECT_EQ(turned_away(TlsParty("", "", {})),
            "they: It asks for a certificate, it seems, and this host has none to show.");
}

TEST_F(Parties, NobodyIsAskedWhereNobodyIsKnown) {
  const auto outcome = meet(TlsParty("", "", {}), TlsParty(server_pem_, server_pem_, {}));
  EXPECT_EQ(outcome.client, "ok");
  EXPECT_EQ(outcome.server, "ok");
  EXPECT_FALSE(outcome.near.peer.pinned);
}

// ---- authorities ----

class Authorities : public Parties {
 protected:
  Authorities() {
    write_certificate(client_pem_, {.name = "client", .host = "DNS:client.example", .signed_by = ours_});
    write_certificate(server_pem_, {.name = "server", .host = "DNS:server.example,IP:127.0.0.1", .signed_by = ours_});
  }
  const std::string ours_ = authority("ours"), theirs_ = authority("theirs");
};

TEST_F(Authorities, WhomItSignedPassesUnderHisName) {
  const TlsParty client(client_pem_, client_pem_, {ours_, {}}), server(server_pem_, server_pem_, {ours_, {}});
  for (const char* const host : {"127.0.0.1", "server.example"}) {
    const auto outcome = meet(client, server, host);
    EXPECT_EQ(outcome.client, "ok") << host;
    EXPECT_EQ(outcome.server, "ok") << host;
    EXPECT_FALSE(outcome.near.peer.pinned);
  }
}

TEST_F(Authorities, AServerThatItSignedForAnotherNameDoesNotPass) {
  const TlsParty client(client_pem_, client_pem_, {ours_, {}}), server(server_pem_, server_pem_, {ours_, {}});
  EXPECT_THAT(meet(client, server, "other.example").client,
              AllOf(StartsWith("we: "), EndsWith("does not vouch for it (hostname mismatch).")));
  EXPECT_THAT(meet(client, server, "192.168.7.7").client, EndsWith("(IP address mismatch)."));
}

TEST_F(Authorities, WhomAnotherSignedDoesNotPassOnEitherSide) {
  EXPECT_THAT(meet(TlsParty(client_pem_, client_pem_, {theirs_, {}}), TlsParty(server_pem_, server_pem_, {})).client,
              AllOf(StartsWith("we: "), HasSubstr("the authority in " + theirs_ + " does not vouch for it (")));
  EXPECT_THAT(meet(TlsParty(client_pem_, client_pem_, {}), TlsParty(server_pem_, server_pem_, {theirs_, {}})).server,
              AllOf(StartsWith("we: "), HasSubstr("the authority in " + theirs_ + " does not vouch for it (")));
}

TEST_F(Authorities, OneWhoseTimeIsOverPassesByItsFingerprintAlone) {
  write_certificate(server_pem_, {.signed_by = ours_, .seconds = -60});
  const TlsParty server(server_pem_, server_pem_, {});
  EXPECT_THAT(meet(TlsParty("", "", {ours_, {}}), server).client, EndsWith("(certificate has expired)."));
  EXPECT_EQ(meet(TlsParty("", "", {ours_, {fingerprint_of(server_pem_)}}), server).client, "ok");
}

TEST_F(Authorities, EitherIsEnoughWhenBothAreSet) {
  write_certificate(other_pem_);
  const TlsTrust trust{ours_, {fingerprint_of(other_pem_)}};
  EXPECT_EQ(meet(TlsParty("", "", trust), TlsParty(server_pem_, server_pem_, {})).client, "ok");
  EXPECT_EQ(meet(TlsParty("", "", trust), TlsParty(other_pem_, other_pem_, {})).client, "ok");
}

TEST_F(Authorities, AFileThatIsNoneIsNamed) {
  try {
    TlsParty("", "", {folder_.path("none"), {}});
    FAIL();
  } catch (const TlsError& e) {
    EXPECT_THAT(e.what(), StartsWith("The authority's certificate " + folder_.path("none") + " cannot be used: "));
  }
}

// ---- who does not speak TLS 1.2 ----

TEST_F(Parties, OlderVersionsOfTlsAreRefused) {
  auto [near, far] = tcp_pair();
  const TlsParty server(server_pem_, server_pem_, {});
  auto accepted = std::async(std::launch::async, [&, socket = std::move(far)]() mutable -> std::string {
    try {
      server.accept(std::move(socket), std::chrono::steady_clock::now() + 10s);
      return "ok";
    } catch (const std::exception& e) {
      return e.what();
    }
  });
  const TlsContext context(::SSL_CTX_new(::TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  ::SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  const Tls tls(::SSL_new(context.get()));
  ::SSL_set_fd(tls.get(), near.get());
  EXPECT_NE(::SSL_connect(tls.get()), 1);
  near.reset();
  EXPECT_THAT(accepted.get(), HasSubstr("unsupported protocol"));
}

TEST_F(Parties, OneThatDoesNotGreetIsNotWaitedForForEver) {
  auto [near, far] = tcp_pair();
  try {
    TlsParty("", "", {}).connect(std::move(near), "127.0.0.1", std::chrono::steady_clock::now() + 100ms);
    FAIL() << "there was nobody";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::timed_out);
  }
}

TEST_F(Parties, OneThatHangsUpInTheMiddleIsSaidToHave) {
  auto [near, far] = tcp_pair();
  far.reset();
  try {
    TlsParty("", "", {}).connect(std::move(near), "127.0.0.1", std::chrono::steady_clock::now() + 10s);
    FAIL() << "there was nobody";
  } catch (const std::system_error& e) {
    EXPECT_TRUE(e.code() == std::errc::connection_reset || e.code() == std::errc::broken_pipe) << e.what();
  }
}

// ---- the kernel ----

// Two hosts whose kernels encrypt: skipped where this one does not.
class KernelTlsParties : public Parties {
 protected:
  void SetUp() override {
    auto [near, far] = tcp_pair();
    if (!prepare_kernel_tls(near.get()))
      GTEST_SKIP() << "This kernel has no TLS (its module tls, or the right to load it): " << std::strerror(errno);
  }
};

TEST_F(KernelTlsParties, WhatIsWrittenPlainArrivesPlainThroughNoTunnel) {
  const auto outcome = meet(TlsParty("", "", {}), TlsParty(server_pem_, server_pem_, {}));
  ASSERT_EQ(outcome.client, "ok");
  EXPECT_THAT(outcome.near.how, AllOf(StartsWith("TLSv1.2 ECDHE-"), EndsWith("GCM-SHA384, by the kernel")));
  EXPECT_FALSE(outcome.near.tunnel);
  EXPECT_FALSE(outcome.far.tunnel);
  const std::string bytes(3'000'000, 'm');
  auto written = std::async(std::launch::async, [&] {
    for (std::string_view rest = bytes; !rest.empty();) {
      const ssize_t n = ::write(outcome.near.fd.get(), rest.data(), rest.size());
      if (n <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  });
  std::string all(bytes.size(), '\0');
  for (std::size_t got = 0; got < all.size();) {
    const ssize_t n = ::read(outcome.far.fd.get(), all.data() + got, all.size() - got);
    ASSERT_GT(n, 0) << got;
    got += static_cast<std::size_t>(n);
  }
  EXPECT_TRUE(all == bytes);
}

TEST_F(KernelTlsParties, AGoodbyeIsAnEndAndAnAnswerComesAfterIt) {
  const auto outcome = meet(TlsParty("", "", {}), TlsParty(server_pem_, server_pem_, {}));
  ASSERT_EQ(outcome.client, "ok");
  std::array<char, 10> bytes;
  send_goodbye_by_kernel(outcome.near.fd.get());
  EXPECT_EQ(receive_from_kernel(outcome.far.fd.get(), bytes, 0), 0);
  EXPECT_EQ(::send(outcome.far.fd.get(), "(ok)", 4, MSG_NOSIGNAL), 4);
  EXPECT_EQ(receive_from_kernel(outcome.near.fd.get(), bytes, 0), 4);
}

TEST_F(KernelTlsParties, OneEndMayHaveATunnel) {
  // Over a pair of sockets that is not of TCP there is no kernel TLS: the far end is one hop behind a relay.
  auto [near, far] = tcp_pair();
  const TlsParty server(server_pem_, server_pem_, {});
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const FileDescriptor hop(pair[0]);
  const auto relay = [](int from, int to) {
    std::array<char, 4096> block;
    for (ssize_t n; (n = ::recv(from, block.data(), block.size(), 0)) > 0;)
      ::send(to, block.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL);
    ::shutdown(to, SHUT_WR);
  };
  std::thread there([&] { relay(far.get(), hop.get()); }), back([&] { relay(hop.get(), far.get()); });
  auto accepted = std::async(std::launch::async, [&] { return server.accept(FileDescriptor(pair[1]), deadline); });
  {
    const SecuredSocket client = TlsParty("", "", {}).connect(std::move(near), "127.0.0.1", deadline);
    const SecuredSocket end = accepted.get();
    EXPECT_FALSE(client.tunnel);
    EXPECT_TRUE(end.tunnel);
    std::array<char, 10> bytes;
    EXPECT_EQ(::send(client.fd.get(), "image", 5, MSG_NOSIGNAL), 5);
    EXPECT_EQ(::recv(end.fd.get(), bytes.data(), bytes.size(), 0), 5);
    send_goodbye_by_kernel(client.fd.get());
    EXPECT_EQ(::recv(end.fd.get(), bytes.data(), bytes.size(), 0), 0);
    EXPECT_EQ(::send(end.fd.get(), "(ok)", 4, MSG_NOSIGNAL), 4);
    EXPECT_EQ(receive_from_kernel(client.fd.get(), bytes, 0), 4);
  }
  there.join();
  back.join();
}

}  // namespace
}  // namespace rpc
