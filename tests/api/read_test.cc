// Reading through the API: C2SP's files byte for byte, proofs that verify, caching, conditions.
#include <gtest/gtest.h>
#include <zlib.h>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/proof_file.h"
#include "tests/api/said_stamped.h"
#include "tests/api/said_witnessed.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using format::Json;

class Read : public ::testing::Test {
 protected:
  // Records 0 (the key) and 1 ... 600 (events, in groups with a seal each).
  Read() {
    while (size() < 600) {
      CHECK(site.world.append_events(varve::testing::events(64)).has_value());
    }
  }
  [[nodiscard]] std::uint64_t size() const {
    return site.world.log->latest()->checkpoint.size.value;
  }
  Buffer record(std::uint64_t index) { return site.world.log->records({index}, 1)->front(); }
  Json json(const std::string& target, const std::string& token = "") {
    const Response response = site.get(target, token);
    EXPECT_EQ(response.status, 200) << body_of(response);
    return *Json::parse(body_of(response));
  }
  static std::vector<Hash> hashes(const Json& json, const char* key) {
    std::vector<Hash> out;
    const auto texts = json.texts(key);
    for (const std::string& text : *texts) out.push_back(*decode_base64_hash(text));
    return out;
  }
  static Hash hash(const Json& json, const char* key) {
    return *decode_base64_hash(*json.text(key));
  }

  SaidWitnessed said;
  SaidStamped stamped;
  Site site{{}, Level::kError, ReadAnswered::kBeforeItIsOnRecord, &said, &stamped};
};

TEST_F(Read, TheCheckpointIsTheSignedNote) {
  const Response response = site.get("/logs/open/checkpoint");
  EXPECT_EQ(body_of(response), site.world.log->latest()->note);
  EXPECT_EQ(header_of(response, "content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header_of(response, "cache-control"), "public, no-cache");
  EXPECT_TRUE(format::open_checkpoint(body_of(response), site.world.options.origin,
                                      std::span{&site.world.first_key.key, 1}));
}

TEST_F(Read, AnUnchangedCheckpointIsNotSentAgain) {
  const std::string tag = header_of(site.get("/logs/open/checkpoint"), "etag");
  for (const std::string& same :
       {tag, "W/" + tag, "\"x\", " + tag, "\"a,b\"," + tag, std::string{"*"}}) {
    const Response response = site.get("/logs/open/checkpoint", "", {{"if-none-match", same}});
    EXPECT_EQ(response.status, 304) << same;
    EXPECT_TRUE(response.body.empty());
    EXPECT_EQ(header_of(response, "etag"), tag);
    EXPECT_EQ(header_of(response, "content-type"), "");
  }
  for (const std::string& other : {std::string{"\"x\""}, tag.substr(1), "\"x" + tag, "x, " + tag})
    EXPECT_EQ(site.get("/logs/open/checkpoint", "", {{"if-none-match", other}}).status, 200)
        << other;
  ASSERT_TRUE(site.world.append_events({"{}"}));
  EXPECT_EQ(site.get("/logs/open/checkpoint", "", {{"if-none-match", tag}}).status, 200);
}

TEST_F(Read, EveryTileOfTheTreeIsThereAndNoOther) {
  const TreeSize n{size()};
  for (std::uint32_t level = 0; level < 3; ++level)
    for (std::uint64_t index = 0; index < 4; ++index) {
      const std::uint32_t width = merkle::tile_width(level, index, n);
      for (const std::uint32_t asked : {1U, 2U, width - 1, width, width + 1, 255U, 256U}) {
        if (asked < 1 || asked > 256) continue;
        const merkle::TileId id{level, index, asked};
        SCOPED_TRACE(merkle::tile_path(id));
        const Response tile = site.get("/logs/open/tile/" + merkle::tile_path(id));
        EXPECT_EQ(tile.status, asked <= width ? 200 : 404);
        if (tile.status != 200) continue;
        EXPECT_EQ(tile.body.size(), 32U * asked);
        EXPECT_EQ(header_of(tile, "content-type"), "application/octet-stream");
        EXPECT_EQ(header_of(tile, "cache-control"), "public, max-age=31536000, immutable");
      }
    }
}

TEST_F(Read, PathsThatC2spDoesNotSpellAreNotFound) {
  for (const char* path : {"0/0", "0/00", "00/000", "64/000", "0/000.p/0", "0/000.p/256",
                           "0/000.p/01", "0/000.p", "0/x000/000", "0/%30%30%30", "0/000/", "0"}) {
    const int status = site.get(std::string{"/logs/open/tile/"} + path).status;
    EXPECT_TRUE(status == 404 || status == 400) << path << status;
  }
}

TEST_F(Read, BundlesHoldTheRecordsThatTheTilesHash) {
  for (const merkle::TileId id : {merkle::TileId{0, 0, 256}, {0, 1, 256}, {0, 1, 7}, {0, 2, 80}}) {
    const Response response =
        site.get("/logs/open/tile/entries/" + merkle::bundle_path(id), "read");
    ASSERT_EQ(response.status, 200) << body_of(response);
    const auto entries = format::split_bundle(response.body, 256);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), id.width);
    const Buffer tile = *site.world.log->tile(id, env::Wait::kForTheDisk);
    for (std::size_t i = 0; i < entries->size(); ++i)
      EXPECT_TRUE(std::ranges::equal(merkle::leaf_hash((*entries)[i]).view(),
                                     Bytes{tile}.subspan(32 * i, 32)));
    EXPECT_EQ(header_of(response, "cache-control"), "no-store");
  }
  EXPECT_EQ(site.get("/logs/open/tile/entries/003", "read").status, 404);
}

TEST_F(Read, BundlesAreCompressedForThoseWhoTakeIt) {
  const std::string path = "/logs/open/tile/entries/000";
  const Response plain = site.get(path, "read");
  const Response packed = site.get(path, "read", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(header_of(packed, "content-encoding"), "gzip");
  EXPECT_EQ(header_of(plain, "content-encoding"), "");
  EXPECT_EQ(header_of(packed, "vary"), "accept-encoding");
  Buffer out(plain.body.size());
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.body.data()));
  stream.avail_in = static_cast<uInt>(packed.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  EXPECT_EQ(out, plain.body);
}

TEST_F(Read, InclusionProofsVerifyByIndexAndByLeafHashAtAnySize) {
  for (const std::uint64_t index :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256}, size() - 1}) {
    const Hash leaf = merkle::leaf_hash(record(index));
    const std::string by_index = "index=" + std::to_string(index);
    for (const std::string& query :
         {by_index, "leaf_hash=" + hex(leaf.view()),
          by_index + "&size=" + std::to_string(std::max(index + 1, size() - 7))}) {
      const Json answer = json("/logs/open/proof/inclusion?" + query);
      EXPECT_EQ(*answer.number("index"), index);
      EXPECT_EQ(hash(answer, "leaf_hash"), leaf);
      EXPECT_TRUE(merkle::verify_inclusion(leaf, {index}, {*answer.number("tree_size")},
                                           hashes(answer, "proof"), hash(answer, "root")))
          << query;
    }
  }
}

TEST_F(Read, AnInclusionProofCarriesTheCheckpointOfExactlyItsSize) {
  EXPECT_EQ(*json("/logs/open/proof/inclusion?index=0").text("checkpoint"),
            site.world.log->latest()->note);
  const auto old = site.world.log->checkpoint_at({100});
  const std::string signed_size = std::to_string((*old)->checkpoint.size.value);
  EXPECT_EQ(*json("/logs/open/proof/inclusion?index=0&size=" + signed_size).text("checkpoint"),
            (*old)->note);
  const std::string unsigned_size = std::to_string((*old)->checkpoint.size.value - 1);
  EXPECT_FALSE(json("/logs/open/proof/inclusion?index=0&size=" + unsigned_size).has("checkpoint"));
}

TEST_F(Read, AProofFileIsC2spsAndHasTheRecordOnlyForReaders) {
  const Headers text = {{"accept", "text/plain"}};
  for (const char* token : {"", "append", "read"}) {
    const Response response = site.get("/logs/open/proof/inclusion?index=5", token, text);
    ASSERT_EQ(response.status, 200);
    const auto file = format::parse_proof_file(body_of(response));
    ASSERT_TRUE(file);
    EXPECT_EQ(file->index.value, 5U);
    EXPECT_EQ(file->extra.empty(), token != std::string{"read"});
    const auto checkpoint = format::open_checkpoint(file->checkpoint, site.world.options.origin,
                                                    std::span{&site.world.first_key.key, 1});
    ASSERT_TRUE(checkpoint);
    EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(record(5)), {5}, checkpoint->size,
                                         file->proof, checkpoint->root));
    if (!file->extra.empty()) {
      EXPECT_EQ(file->extra, record(5));
    }
  }
  EXPECT_EQ(site.get("/logs/open/proof/inclusion?index=5", "", {{"accept", "image/png"}}).status,
            406);
}

TEST_F(Read, ConsistencyProofsVerifyBetweenAnyTwoSizes) {
  for (const std::uint64_t from :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256}, size()})
    for (const std::uint64_t to : {from, (from + size()) / 2, size()}) {
      const Json answer = json("/logs/open/proof/consistency?from=" + std::to_string(from) +
                               "&to=" + std::to_string(to));
      EXPECT_TRUE(merkle::verify_consistency({from}, {to}, hashes(answer, "proof"),
                                             hash(answer, "from_root"), hash(answer, "to_root")))
          << from << " " << to;
    }
}

TEST_F(Read, QueriesThatMakeNoSenseAreRefused) {
  const std::string leaf = hex(Hash{}.view());
  const std::pair<std::string, int> table[] = {
      {"inclusion", 400},
      {"inclusion?index=1&leaf_hash=" + leaf, 400},
      {"inclusion?index=01", 400},
      {"inclusion?index=-1", 400},
      {"inclusion?index=18446744073709551616", 400},
      {"inclusion?index=18446744073709551615", 404},
      {"inclusion?index=1&size=1", 404},
      {"inclusion?index=1&size=0", 404},
      {"inclusion?index=1&size=100000", 404},
      {"inclusion?index=1&size=x", 400},
      {"inclusion?leaf_hash=" + leaf, 404},
      {"inclusion?leaf_hash=abc", 400},
      {"inclusion?leaf_hash=" + leaf + "00", 400},
      {"inclusion?index=1&extra=1", 400},
      {"consistency", 400},
      {"consistency?from=1", 400},
      {"consistency?from=2&to=1", 400},
      {"consistency?from=1&to=100000", 404},
      {"consistency?from=1&to=1e3", 400},
  };
  for (const auto& [query, status] : table) {
    const Response response = site.get("/logs/open/proof/" + query);
    EXPECT_EQ(response.status, status) << query << body_of(response);
  }
}

TEST_F(Read, AnEventComesWithItsRecordItsPayloadAndItsProof) {
  const Json event = json("/logs/open/events/7", "read");
  const Buffer bytes = *event.base64_bytes("record");
  EXPECT_EQ(bytes, record(7));
  const format::Record decoded = *format::decode_record(bytes);
  EXPECT_EQ(*event.base64_bytes("payload"), to_buffer(decoded.payload));
  EXPECT_EQ(*event.text("kind"), "event");
  EXPECT_EQ(*event.text("source"), "7cbfb2c8e3c91346") << "the first bytes of a hash of its name";
  EXPECT_TRUE(event.text("source_name")->starts_with("client/"));
  EXPECT_EQ(*event.text("media_type"), "application/json");
  EXPECT_EQ(*event.number("sequence"), decoded.sequence);
  EXPECT_EQ(*event.text("checkpoint"), site.world.log->latest()->note);
  EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(bytes), {7}, {*event.number("tree_size")},
                                       hashes(event, "proof"), hash(event, "root")));
  EXPECT_EQ(*json("/logs/open/events/0", "read").text("kind"), "key-event");
  for (const char* none : {"100000", "x", "-1", "01", "18446744073709551616"})
    EXPECT_EQ(site.get(std::string{"/logs/open/events/"} + none, "read").status, 404) << none;
}

TEST_F(Read, TheKeysCanBeWalkedFromTheFirst) {
  const Json keys = json("/logs/open/keys");
  EXPECT_EQ(*keys.text("origin"), site.world.options.origin);
  EXPECT_EQ(keys.texts("active")->size(), 1U);
  EXPECT_EQ(keys.texts("all")->front(), format::format_vkey(site.world.first_key.key));
  const auto checkpoint = format::open_checkpoint(
      *keys.text("checkpoint"), site.world.options.origin, std::span{&site.world.first_key.key, 1});
  ASSERT_TRUE(checkpoint);
  auto history = rules::KeyHistory::trusting(site.world.options.origin, site.world.first_key.key);
  const auto events = keys.objects("events");
  for (const Json& event : *events) {
    const Buffer bytes = *event.base64_bytes("record");
    EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(bytes), {*event.number("index")},
                                         checkpoint->size, hashes(event, "proof"),
                                         checkpoint->root));
    const auto decoded = format::decode_record(bytes);
    EXPECT_TRUE(history.apply(text_of(decoded->payload)));
  }
  EXPECT_EQ(history.active().size(), 1U);
}

TEST_F(Read, ASourceSaysWhereItsChainStands) {
  varve::testing::Source source = site.world.registered("wards/7");
  ASSERT_TRUE(site.world.append(source.seal({"{}", "{}"})));
  const Json state = json("/logs/open/sources/wards%2F7", "append");
  EXPECT_EQ(*state.text("name"), "wards/7");
  EXPECT_EQ(*state.text("key"), format::format_vkey(source.key.key));
  EXPECT_EQ(*state.number("next_batch"), 1U);
  EXPECT_EQ(*state.number("next_event"), 2U);
  EXPECT_EQ(hash(state, "last_seal"), source.last_seal);
  EXPECT_EQ(state.text("id")->size(), 16U);
  EXPECT_EQ(site.get("/logs/open/sources/nobody", "append").status, 404);
  EXPECT_EQ(site.get("/logs/open/sources/NOT%20A%20NAME", "append").status, 404);
}

// Of every route, on a log that is public and on one that is not.
TEST_F(Read, WhatNotEverybodyMayReadIsKeptByNoCache) {
  said.note = std::make_shared<const std::string>(site.world.log->latest()->note);
  stamped.text = said.note;
  for (const Route& route : routes()) {
    if (route.method != Method::kGet) continue;
    for (const std::string log : {"open", "closed"}) {
      std::string target{route.pattern};
      const std::pair<std::string, std::string> parts[] = {
          {"{log}", log}, {"{item}", "1"}, {"entries/{rest}", "entries/000"}, {"{rest}", "0/000"}};
      for (const auto& [part, value] : parts)
        if (const std::size_t at = target.find(part); at != std::string::npos)
          target.replace(at, part.size(), value);
      if (target.ends_with("/inclusion")) target += "?index=1";
      if (target.ends_with("/consistency")) target += "?from=1&to=2";
      const bool everybody = intersects(route.rights, Rights::kSeeProofs) && log == "open";
      const std::string caching = header_of(site.get(target, "read"), "cache-control");
      EXPECT_EQ(caching.starts_with("public, "), everybody) << target << ": " << caching;
      EXPECT_EQ(caching == "no-store", !everybody) << target << ": " << caching;
    }
  }
  const Headers text = {{"accept", "text/plain"}};
  const std::string proof = "/logs/open/proof/inclusion?index=1";
  EXPECT_EQ(header_of(site.get(proof, "read", text), "cache-control"), "no-store")
      << "has a record";
  EXPECT_EQ(header_of(site.get(proof, "", text), "cache-control"), "public, no-cache");
}

TEST_F(Read, TheServerTellsItsState) {
  EXPECT_EQ(body_of(site.get("/healthz")), "{\"status\":\"up\"}\n");
  EXPECT_EQ(site.get("/readyz").status, 200);
  EXPECT_EQ(body_of(site.get("/logs")),
            "{\"logs\":[{\"name\":\"open\",\"origin\":\"audit.example.org/test\"},"
            "{\"name\":\"closed\",\"origin\":\"audit.example.org/test\"}]}\n");
  LogStatus faulted;
  faulted.state = LogState::kFaulted;
  faulted.reason = "fdatasync: Input/output error";
  site.log->pretended = faulted;
  const Response unready = site.get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_NE(body_of(unready).find("\"state\":\"faulted\",\"reason\":\"fdatasync"),
            std::string::npos);
  LogStatus late;
  late.clock = "the clock says 1970-01-01T00:00:05Z";
  late.clock_drift_us = 3'000'000;
  site.log->pretended = late;
  const Response ready = site.get("/readyz");
  EXPECT_EQ(ready.status, 200) << "appends are taken";
  EXPECT_NE(body_of(ready).find("\"clock\":\"the clock says 1970-01-01T00:00:05Z\""),
            std::string::npos);
  EXPECT_NE(body_of(site.get("/metrics")).find("varve_log_clock_drift_seconds{log=\"open\"} 3"),
            std::string::npos);
  site.log->pretended = faulted;
  const std::string metrics = body_of(site.get("/metrics"));
  EXPECT_NE(metrics.find("varve_log_state{log=\"open\",state=\"faulted\"} 1"), std::string::npos)
      << metrics;
  EXPECT_NE(metrics.find("varve_log_tree_size{log=\"open\"} " + std::to_string(size())),
            std::string::npos);
}

}  // namespace
}  // namespace varve::api
