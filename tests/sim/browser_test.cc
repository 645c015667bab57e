// The page in a real browser: headless Chromium draws it, runs nothing, and finds nothing missing. The picture stays in
// build/ for people to look at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "rpc/listen.h"
#include "tests/sim/life.h"
#include "xend/api/http_face/sxp_face.h"

namespace sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Browser : public Life {
 protected:
  Browser() {
    rpc::FileDescriptor listening(rpc::listen_tcp("127.0.0.1", 0));
    port_ = rpc::port_of(listening.get());
    server_ = std::make_unique<rpc::HttpServer>(
        listening.release(), "page", std::make_unique<xend::SxpFace>(*host.host, xend::BrowserGuard({})),
        [](const char*, const std::string&) {}, xend::sxp_limits());
  }

  // What Chromium prints, run with `options` on a page of the server.
  std::string chromium(const std::string& options, const std::string& target) const {
    const std::string command =
        "chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=" +
        (host.folder / "chromium").string() + " --window-size=1200,900 --virtual-time-budget=2000 " + options +
        " http://127.0.0.1:" + std::to_string(port_) + target + " 2>" + (host.folder / "errors").string();
    std::string all;
    FILE* const pipe = ::popen(command.c_str(), "re");
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) all.append(buffer.data(), n);
    ::pclose(pipe);
    return all;
  }

 private:
  unsigned port_ = 0;
  std::unique_ptr<rpc::HttpServer> server_;
};

// Whoever makes a guest chooses its description.
constexpr const char* kEvil = "<script>document.title=1</script><img src=x onerror=document.title=2>";

TEST_F(Browser, ShowsTheHostAndItsDomains) {
  ASSERT_EQ(std::system("chromium --version >/dev/null 2>&1"), 0)
      << "This test needs the browser: apt-get install chromium";
  host.start_guest("web1");
  host.start_guest("database.example.org");
  host.start_guest("mail");
  create("(vm (name builder) (memory 512) (vcpus 4) (description '" + std::string(kEvil) +
         "') (image (linux (kernel /proc/version) (type pvh) (args 'console=hvc0 root=/dev/xvda1'))) "
         "(device (vif (mac 00:16:3e:12:34:56) (bridge xenbr0))))");
  host.xen.change_domain(guest("web1")->running_domid(), [](xc::DomainInfo& i) { i.cpu_time_ns = 8'123'400'000'000; });
  host.xen.change_domain(guest("mail")->running_domid(), [](xc::DomainInfo& i) { i.cpu_time_ns = 93'400'000'000; });

  const std::string page = chromium("--dump-dom", "/xend/");
  EXPECT_THAT(page, AllOf(HasSubstr("<title>"), HasSubstr(">web1</a>"), HasSubstr(">builder</a>")));
  const std::string domain = chromium("--dump-dom", "/xend/domain/builder");
  EXPECT_THAT(domain, AllOf(HasSubstr("<title>builder – xend</title>"), HasSubstr("&lt;script&gt;"),
                            Not(HasSubstr("<script")), Not(HasSubstr("<img"))));

  std::filesystem::create_directories("build/screenshots");
  for (const auto& [name, options, target] :
       std::vector<std::array<std::string, 3>>{{"host", "", "/xend/"},
                                               {"domain", "", "/xend/domain/builder"},
                                               {"host-narrow", "--window-size=500,900", "/xend/"}}) {
    const std::filesystem::path picture = "build/screenshots/" + name + ".png";
    std::filesystem::remove(picture);
    chromium(options + " --screenshot=" + picture.string(), target);
    EXPECT_TRUE(std::filesystem::exists(picture)) << picture;
  }
}

}  // namespace
}  // namespace sim
