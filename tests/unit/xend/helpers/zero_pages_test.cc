// Pages of zeros on their way out of a stream (ZeroPageFilter) and back into it (LeftOutPages).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "tests/unit/xend/helpers/image_file.h"
#include "tests/unit/xend/helpers/page_records.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/left_out_pages.h"
#include "xend/helpers/zero_page_filter.h"

namespace xend {
namespace {

using test::bytes;
using test::kAbsent;
using test::kAllocated;
using test::kBroken;
using test::kPageTable;
using test::le32;
using test::le64;
using test::libxc_headers;
using test::Page;
using test::page_record;
using test::record;
using test::stream_of;
using Frames = std::vector<std::uint64_t>;
using Rounds = std::vector<std::vector<Page>>;

struct Text final : ByteSink, ByteSource {
  explicit Text(std::string content = "") : text(std::move(content)) {}
  void write(std::span<const std::byte> piece) override {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  // Gives no more than `most` at once, as a connection may.
  std::size_t read(std::span<std::byte> piece) override {
    const std::size_t part = std::min({piece.size(), most, text.size() - used});
    std::copy_n(bytes(text).begin() + static_cast<std::ptrdiff_t>(used), part, piece.begin());
    used += part;
    return part;
  }
  std::string text;
  std::size_t used = 0, most = 1 << 20;
};

std::string filtered(
    const std::string& stream, const std::function<std::size_t()>& piece = [] { return 1 << 20; }) {
  Text out;
  ZeroPageFilter filter(out);
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t length = std::min(piece(), stream.size() - at);
    filter.write(bytes(stream).subspan(at, length));
    at += length;
  }
  return out.text;
}

// Pages that were cleared when the library asked for the record at this byte of its stream.
struct Clearing {
  std::size_t at = 0;
  Frames frames;

  bool operator==(const Clearing&) const = default;
};

// As libxenguest reads: all of what it wants next, which is never what follows END.
struct Reading {
  std::string stream;
  Frames frames;
  std::vector<Clearing> clearings;
  std::size_t rest = 0;  // of the source
};

Reading restored(const std::string& stream, LeftOutPages::Zeros zeros, std::size_t most = 1 << 20) {
  Text source(stream);
  source.most = most;
  Reading reading;
  LeftOutPages pages(source, zeros, [&reading](std::span<const std::uint64_t> frames) {
    reading.clearings.push_back({reading.stream.size() - kRecordHeaderBytes, Frames(frames.begin(), frames.end())});
  });
  const auto take = [&](std::uint64_t length) {
    const std::size_t start = reading.stream.size();
    reading.stream.resize(start + length);
    for (std::size_t at = start; at < reading.stream.size();) {
      const std::size_t got =
          pages.read(std::as_writable_bytes(std::span(reading.stream)).subspan(at, reading.stream.size() - at));
      if (got == 0) throw Failure("end");
      at += got;
    }
    return start;
  };
  take(kStreamHeaderBytes);
  for (RecordHeader header{1, 0}; header.type != kEndRecord;) {
    const std::size_t start = take(kRecordHeaderBytes);
    std::memcpy(&header, &reading.stream[start], sizeof header);
    take(header.padded());
  }
  reading.frames = pages.frames();
  reading.rest = stream.size() - source.used;
  return reading;
}

const auto kPv = LeftOutPages::Zeros::kAreData, kPvh = LeftOutPages::Zeros::kAreMemory;

std::string failure(const std::function<void()>& run) {
  try {
    run();
  } catch (const Failure& caught) {
    return caught.what();
  }
  return "nothing";
}

TEST(ZeroPageFilter, PagesOfZerosLoseTheirDataAndKeepTheirEntry) {
  EXPECT_EQ(filtered(stream_of(Rounds{{{5, 0, 'a'}, {6}, {7, 0, 'b'}, {8}}})),
            stream_of(Rounds{{{5, 0, 'a'}, {6, kAllocated}, {7, 0, 'b'}, {8, kAllocated}}}));
}

TEST(ZeroPageFilter, OneByteIsEnoughToBeSent) {
  for (std::size_t at = 0; at < kPageBytes; ++at) {
    std::string page(kPageBytes, '\0');
    page[at] = '\1';
    const std::string stream = stream_of(record(1, le64(1) + le64(5) + page));
    ASSERT_EQ(filtered(stream), stream) << at;
  }
}

TEST(ZeroPageFilter, PageTablesAndWhatHasNoDataStayAsTheyAre) {
  const std::string stream = stream_of(Rounds{{{5, kPageTable}, {6, 0xc}, {7, kBroken}, {8, kAllocated}}});
  EXPECT_EQ(filtered(stream), stream);
}

TEST(ZeroPageFilter, CountsWhatItLeavesOut) {
  Text out;
  ZeroPageFilter filter(out);
  filter.write(bytes(stream_of(Rounds{{{5}, {6}, {7, 0, 'x'}}, {{5}}})));
  EXPECT_EQ(filter.left_out(), 3U);
}

// A reader that has data of a page leaves them there when it is told only that the page is allocated.
TEST(ZeroPageFilter, APageThatWasSentIsSentAgainAlsoWhenItIsZeroNow) {
  const std::string stream = stream_of(Rounds{{{5, 0, 'a'}}, {{5}}, {{5}}});
  EXPECT_EQ(filtered(stream), stream);
  EXPECT_EQ(filtered(stream_of(Rounds{{{5}}, {{5, 0, 'a'}}, {{5}}})),
            stream_of(Rounds{{{5, kAllocated}}, {{5, 0, 'a'}}, {{5}}}));
  EXPECT_EQ(filtered(stream_of(Rounds{{{5, kPageTable}}, {{5}}})), stream_of(Rounds{{{5, kPageTable}}, {{5}}}))
      << "of whatever type it was";
  EXPECT_EQ(filtered(stream_of(Rounds{{{5, 0, 'a'}, {5}}})), stream_of(Rounds{{{5, 0, 'a'}, {5}}}))
      << "in the same record";
}

TEST(ZeroPageFilter, WhatIsAbsentIsToldOnlyOfPagesThatWereThere) {
  EXPECT_EQ(filtered(stream_of(Rounds{{{5, kAbsent}, {6, 0, 'a'}}, {{5, kAbsent}, {6, kAbsent}}})),
            stream_of(Rounds{{{6, 0, 'a'}}, {{6, kAbsent}}}));
  EXPECT_EQ(filtered(stream_of(Rounds{{{5}}, {{5, kAbsent}}})), stream_of(Rounds{{{5, kAllocated}}, {{5, kAbsent}}}));
}

TEST(ZeroPageFilter, ARecordOfNothingIsNotSent) {
  EXPECT_EQ(filtered(stream_of(Rounds{{{5, kAbsent}, {6, kAbsent}}, {{7, 0, 'a'}}})), stream_of(Rounds{{{7, 0, 'a'}}}));
}

TEST(ZeroPageFilter, WhatFollowsTheEndIsNotLookedAt) {
  const std::string stream = stream_of(Rounds{{{5, 0, 'a'}}}) + page_record({{6}}) + "QemuDeviceModelRecord";
  EXPECT_EQ(filtered(stream), stream);
  EXPECT_EQ(filtered(stream, [] { return 1; }), stream);
}

TEST(ZeroPageFilter, FramesBeyondAllBoundsAreSentAsTheyAre) {
  const std::string stream = stream_of(Rounds{{{FrameSet::kLimit}, {FrameSet::kLimit + 1, kAbsent}}});
  EXPECT_EQ(filtered(stream), stream);
  EXPECT_NE(filtered(stream_of(Rounds{{{FrameSet::kLimit - 1}}})), stream_of(Rounds{{{FrameSet::kLimit - 1}}}));
}

TEST(ZeroPageFilter, EverySplitOfTheStreamGivesTheSame) {
  const std::string stream =
      stream_of(Rounds{{{5, 0, 'a'}, {6}, {7, kAbsent}, {8, kPageTable}}, {{9, kAbsent}}, {{5}}});
  const std::string wanted = filtered(stream);
  ASSERT_LT(wanted.size(), stream.size());
  for (std::size_t first = 1; first < stream.size(); ++first) {
    std::size_t next = first;
    ASSERT_EQ(filtered(stream, [&] { return std::exchange(next, stream.size()); }), wanted) << first;
  }
  EXPECT_EQ(filtered(stream, [] { return 1; }), wanted);
}

// Pages of random types in random rounds; a frame is zero in some and not in others.
Rounds random_rounds(std::mt19937& random, bool absent) {
  Rounds rounds(1 + random() % 6);
  for (auto& pages : rounds) {
    pages.resize(1 + random() % 20);
    for (Page& page : pages) {
      constexpr std::array<unsigned, 8> kTypes = {0, 0, 0, 0, 1, 0xb, kBroken, kAbsent};
      page = {random() % 16, kTypes[random() % (absent ? 8 : 7)], random() % 2 == 0 ? '\0' : 'x'};
    }
  }
  return rounds;
}

TEST(ZeroPages, APvGuestsReaderSeesTheStreamAsItWas) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string stream = stream_of(random_rounds(random, false));
    const std::string shorter = filtered(stream, [&] { return 1 + random() % 9000; });
    ASSERT_EQ(restored(shorter, kPv, 1 + random() % 9000).stream, stream) << i;
  }
}

// What a guest's memory is after its stream has been read, with `stale` in pages that Xen gives.
std::map<std::uint64_t, char> memory_after(const std::string& stream, char stale,
                                           const std::vector<Clearing>& clearings = {}) {
  std::map<std::uint64_t, char> memory;
  for (std::size_t at = kStreamHeaderBytes; at < stream.size();) {
    for (const Clearing& clearing : clearings)
      for (const std::uint64_t frame : clearing.frames)
        if (clearing.at == at) memory.at(frame) = '\0';
    RecordHeader header;
    std::memcpy(&header, &stream[at], sizeof header);
    at += kRecordHeaderBytes;
    if (header.type == kPageDataRecord) {
      std::uint64_t count = 0;
      std::memcpy(&count, &stream[at], sizeof count);
      std::size_t data = at + kCountBytes + kEntryBytes * count;
      for (std::size_t i = 0; i < count; ++i) {
        PageEntry entry;
        std::memcpy(&entry, &stream[at + kCountBytes + kEntryBytes * i], sizeof entry);
        if (entry.type() == PageType::kAllocated) memory.try_emplace(entry.frame(), stale);
        if (entry.has_data()) memory[entry.frame()] = stream[std::exchange(data, data + kPageBytes)];
      }
    }
    at += header.padded();
  }
  return memory;
}

TEST(ZeroPages, APvhGuestsMemoryIsAsItWasWhenTheFramesAreClearedAsTheyCome) {
  std::mt19937 random(2);
  std::size_t cleared = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string stream = stream_of(random_rounds(random, true));
    const std::string shorter = filtered(stream, [&] { return 1 + random() % 9000; });
    const Reading reading = restored(shorter, kPvh, 1 + random() % 9000);
    ASSERT_EQ(reading.stream, shorter);
    ASSERT_EQ(memory_after(reading.stream, 's', reading.clearings), memory_after(stream, 's')) << i;
    cleared += reading.frames.size();
  }
  EXPECT_GT(cleared, 100U);
}

TEST(LeftOutPages, NamesThePagesThatHaveHadNoData) {
  const auto frames = [](const Rounds& rounds) { return restored(stream_of(rounds), kPvh).frames; };
  EXPECT_EQ(frames({{{9, kAllocated}, {5, kAllocated}, {6, 0, 'a'}, {7, kAbsent}, {8, kBroken}}}), (Frames{5, 9}));
  EXPECT_EQ(frames({{{5, kAllocated}, {6, kAllocated}}, {{5, 0, 'a'}}}), (Frames{6})) << "data came later";
  EXPECT_EQ(frames({{{5, 0, 'a'}}, {{5, kAllocated}}}), Frames{}) << "data came before";
  EXPECT_EQ(frames({{{5, kAllocated}}, {{5, kAbsent}}}), (Frames{5})) << "it is there all the same";
}

TEST(LeftOutPages, PagesAreClearedOnceAndBeforeTheLibraryGetsTheNextRecord) {
  const auto clearings = [](const Rounds& rounds) { return restored(stream_of(rounds), kPvh).clearings; };
  const Rounds first{{{9, kAllocated}, {5, kAllocated}, {6, 0, 'a'}}};
  const std::size_t behind_it = stream_of(first).find(record(9, "context"));
  EXPECT_EQ(clearings({first.front(), {{5, 0, 'b'}, {9, kAllocated}}}), (std::vector<Clearing>{{behind_it, {9, 5}}}));
  EXPECT_EQ(clearings({{{5, 0, 'a'}}, {{5, kAllocated}}}), std::vector<Clearing>{}) << "data came before";
  EXPECT_EQ(restored(stream_of(first), kPv).clearings, std::vector<Clearing>{}) << "put back as data";
}

TEST(LeftOutPages, NamesThePagesOfPvGuestsToo) {
  EXPECT_EQ(restored(stream_of(Rounds{{{5, kAllocated}, {6, 0, 'a'}}}), kPv).frames, (Frames{5}));
}

// libxenguest itself writes XALLOC for a page that it could not read now: what it sent before stays, as with the
// library alone.
TEST(LeftOutPages, APvPageWithDataIsNotOverwrittenWithZeros) {
  const std::string stream = stream_of(Rounds{{{5, 0, 'a'}}, {{5, kAllocated}}});
  EXPECT_EQ(restored(stream, kPv).stream, stream);
}

TEST(LeftOutPages, NothingBehindTheEndIsRead) {
  for (const auto zeros : {kPv, kPvh}) {
    const Reading reading = restored(stream_of(Rounds{{{5, kAllocated}}}) + "QemuDeviceModelRecord", zeros);
    EXPECT_EQ(reading.rest, 21U);
  }
}

TEST(LeftOutPages, AfterTheEndTheSourceIsReadAsItIs) {
  Text source(stream_of(Rounds{{{5, 0, 'a'}}}) + page_record({{6, kAllocated}}) + "?");
  LeftOutPages pages(source, kPv);
  EXPECT_EQ(test::read_all(pages), source.text);
}

TEST(ZeroPages, RecordsThatContradictThemselvesAreRefused) {
  const std::string page(4096, 'x');
  const auto said = [](const std::string& records) {
    const std::string stream = stream_of(records);
    const std::string out = failure([&] { filtered(stream); });
    for (const auto zeros : {kPv, kPvh}) EXPECT_EQ(failure([&] { restored(stream, zeros); }), out);
    return out;
  };
  const std::string start = "the domain's memory image is damaged: a record of pages ";
  EXPECT_EQ(said(record(1, "")), start + "of 0 bytes claims 1 pages");
  EXPECT_EQ(said(record(1, le64(0))), start + "of 8 bytes claims 1 pages");
  EXPECT_EQ(said(record(1, le64(0) + page)), start + "claims 0 pages, 1 to 16384 are possible");
  EXPECT_EQ(said(record(1, le64(0xffffffff) + page)), start + "claims 4294967295 pages, 1 to 16384 are possible");
  EXPECT_EQ(said(record(1, le64(16385) + std::string(8 * 16385, '\xff'))),
            start + "claims 16385 pages, 1 to 16384 are possible");
  EXPECT_EQ(said(record(1, le64(3) + le64(5) + le64(6))), start + "of 24 bytes claims 3 pages");
  EXPECT_EQ(said(record(1, le64(2) + le64(5) + le64(6) + page)),
            start + "with the data of 2 of 2 pages has 4120 bytes instead of 8216");
  EXPECT_EQ(said(record(1, le64(1) + le64(5) + page + "more....")),
            start + "with the data of 1 of 1 pages has 4120 bytes instead of 4112");
  EXPECT_EQ(said(le32(1) + le32(0xffffffff) + le64(1) + le64(5) + page),
            start + "with the data of 1 of 1 pages has 4294967295 bytes instead of 4112");
}

TEST(LeftOutPages, AFrameBeyondAllBoundsIsRefused) {
  for (const std::uint64_t frame : {FrameSet::kLimit, (std::uint64_t{1} << 52) - 1}) {
    EXPECT_EQ(failure([&] {
                restored(stream_of(Rounds{{{frame, kAllocated}}}), kPvh);
              }),
              "the domain's memory image is damaged: a page without data is at frame " + std::to_string(frame) +
                  ", and no guest has frames from 268435456 on");
  }
  EXPECT_EQ(restored(stream_of(Rounds{{{FrameSet::kLimit - 1, kAllocated}}}), kPvh).frames,
            (Frames{FrameSet::kLimit - 1}));
}

TEST(LeftOutPages, AStreamThatEndsIsCutShort) {
  const std::string stream = stream_of(Rounds{{{5, kAllocated}, {6, 0, 'a'}}});
  for (std::size_t length = 0; length < stream.size(); ++length) {
    for (const auto zeros : {kPv, kPvh})
      ASSERT_NE(failure([&] { restored(stream.substr(0, length), zeros); }), "nothing") << length;
  }
}

}  // namespace
}  // namespace xend
