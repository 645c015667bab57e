// What hostile device models may say.
#include "xend/build/qmp_answers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "xend/error.h"

namespace xend {
namespace {

using nlohmann::json;

TEST(QmpAnswers, NestingHasALimit) {
  const auto nested = [](int depth) {
    const auto levels = static_cast<std::size_t>(depth - 1);
    return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  EXPECT_NO_THROW(parse_qmp_message(nested(32)));
  EXPECT_THROW(parse_qmp_message(nested(40)), Error);
  EXPECT_THROW(parse_qmp_message(std::string(1 << 20, '[')), Error);
  EXPECT_THROW(parse_qmp_message(""), Error);
}

TEST(QmpAnswers, PortOfTheVncServer) {
  EXPECT_EQ(vnc_port(json::parse(R"({"host": "127.0.0.1", "service": "5907", "enabled": true})")), "5907");
  for (const char* text :
       {"{}", "[]", "null", "7", R"({"service": 5907})", R"({"service": ""})", R"({"service": "0"})",
        R"({"service": "65536"})", R"({"service": "99999999999"})", R"({"service": "-1"})", R"({"service": "59 7"})",
        R"({"service": "5907\n"})", R"({"service": "05907"})", R"({"service": "/run/vnc"})"})
    EXPECT_EQ(vnc_port(json::parse(text)), "") << text;
}

TEST(QmpAnswers, TerminalOfASerialPort) {
  const auto terminal = [](const std::string& filename) {
    return serial_terminal(json::array({{{"label", "xend"}, {"filename", "pty:/dev/pts/1"}},
                                        {{"label", "serial0"}, {"filename", filename}}}),
                           "serial0");
  };
  EXPECT_EQ(terminal("pty:/dev/pts/7"), "/dev/pts/7");
  for (const char* filename : {"", "pty", "pty:", "pty:/dev/pts/", "pty:/dev/pts/../sda", "pty:/dev/pts/7/../../sda",
                               "pty:/dev/pts/-1", "pty:/dev/pts/1000000", "pty:/dev/sda", "/dev/pts/7", "file:/a"})
    EXPECT_EQ(terminal(filename), "") << filename;
  for (const char* text :
       {"{}", "null", "\"text\"", "[7]", "[{}]", R"([{"label": "serial0"}])",
        R"([{"label": "serial0", "filename": 7}])", R"([{"label": "serial1", "filename": "pty:/dev/pts/7"}])"})
    EXPECT_EQ(serial_terminal(json::parse(text), "serial0"), "") << text;
}

TEST(QmpAnswers, WhatIsListed) {
  const json answer =
      json::parse(R"([{"name": "type", "type": "string"}, {"name": "usb1", "type": "child<usb-kbd>"}])");
  EXPECT_TRUE(is_listed(answer, "usb1"));
  EXPECT_FALSE(is_listed(answer, "usb2"));
  for (const char* text :
       {"{}", "null", "\"usb1\"", "[7]", "[[]]", "[\"usb1\"]", R"([{"name": 7}])", R"({"name": "usb1"})"})
    EXPECT_FALSE(is_listed(json::parse(text), "usb1")) << text;
}

TEST(QmpAnswers, WhatIsTrue) {
  EXPECT_TRUE(is_true(json::parse("true")));
  for (const char* text : {"false", "{}", "null", "1", "\"true\"", "[true]"})
    EXPECT_FALSE(is_true(json::parse(text))) << text;
}

}  // namespace
}  // namespace xend
