// The handover's messages, as they go over the wire; hostile ones are refused with a reason.
#include "xend/relocation/handover_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::HasSubstr;
using Kind = Message::Kind;

const Ticket kTicket = *Ticket::parse("0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0");

std::string refusal(const std::string& text) {
  try {
    parse_message(sxp::parse_one(text));
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(HandoverMessage, AsTheyGoOverTheWire) {
  EXPECT_EQ(to_text({.kind = Kind::kPrepare, .ticket = kTicket}),
            "(prepare (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0))");
  EXPECT_EQ(to_text({.kind = Kind::kRunning, .ticket = kTicket, .domid = 7}),
            "(running (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (domid 7))");
  EXPECT_EQ(to_text({.kind = Kind::kOffer, .ticket = kTicket, .offer = sxp::parse_one("(domain (name TestGuest))")}),
            "(handover (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (version 1) (config (domain (name TestGuest))))");
}

TEST(HandoverMessage, EachIsReadBackAsItWasSaid) {
  for (const auto kind : {Kind::kOffer, Kind::kReady, Kind::kPrepare, Kind::kPrepared, Kind::kCommit, Kind::kRunning,
                          Kind::kAbort, Kind::kDiscarded, Kind::kDone, Kind::kForgotten, Kind::kWait}) {
    Message said{.kind = kind, .ticket = kTicket};
    if (kind == Kind::kOffer) said.offer = sxp::parse_one("(domain (name 'Test Guest'))");
    if (kind == Kind::kRunning) said.domid = 32751;
    if (kind == Kind::kWait) said.reason = "It is being 'worked' on.\nReally.";
    const auto heard = parse_message(sxp::parse_one(to_text(said)));
    EXPECT_EQ(heard.kind, said.kind) << to_string(kind);
    EXPECT_EQ(heard.ticket, kTicket);
    EXPECT_EQ(heard.offer, said.offer);
    EXPECT_EQ(heard.domid, said.domid);
    EXPECT_EQ(heard.reason, said.reason);
  }
}

// An old xend's error has the same form.
TEST(HandoverMessage, ARefusalIsAnErrorOfTheClassicProtocol) {
  const auto heard = parse_message(sxp::parse_one("(err (type x) (value 'I need 68608 KiB'))"));
  EXPECT_EQ(heard.kind, Kind::kRefused);
  EXPECT_EQ(heard.reason, "I need 68608 KiB");
}

TEST(HandoverMessage, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal("(destroy (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0))"), HasSubstr("'destroy' is no message"));
  EXPECT_THAT(refusal("commit"), HasSubstr("is no message"));
  EXPECT_THAT(refusal("(commit)"), HasSubstr("has no ticket"));
  EXPECT_THAT(refusal("(commit (ticket 7))"), HasSubstr("a ticket that is none"));
  EXPECT_THAT(refusal("(running (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (domid -1))"), HasSubstr("'-1'"));
  EXPECT_THAT(refusal("(running (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (domid 123456))"), HasSubstr("'123456'"));
  EXPECT_THAT(refusal("(handover (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (version 1))"),
              HasSubstr("no configuration"));
  EXPECT_THAT(refusal("(handover (ticket 0f1e2d3c-4b5a-4988-9786-a5b4c3d2e1f0) (version 2) (config (domain)))"),
              HasSubstr("is of version 2, and this xend knows version 1 only"));
}

}  // namespace
}  // namespace xend
