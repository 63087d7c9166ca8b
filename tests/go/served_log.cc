// Serves with the ledger's own tiles, proofs and notes.
#include "tests/go/served_log.h"

#include <httplib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <thread>

#include "ledger/base/text.h"
#include "ledger/format/batch.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/proof_file.h"
#include "tests/directories.h"

namespace varve {
namespace {

std::string record(std::uint64_t i) {
  return "leaf " + std::to_string(i);
}

std::string base64_list(const merkle::Proof& proof) {
  std::string list = "[";
  for (const Hash& hash : proof) {
    if (list.size() != 1) list += ",";
    list += "\"" + base64(hash.view()) + "\"";
  }
  return list + "]";
}

std::uint64_t number_after(const std::string& path, const std::string& name) {
  return std::strtoull(path.c_str() + path.find(name + "=") + name.size() + 1, nullptr, 10);
}

}  // namespace

ServedLog::ServedLog(std::uint64_t size) : tree_(size) {
  checkpoint_ = format::signed_note(
      format::checkpoint_text({"log.example/x", TreeSize{size}, tree_.frontier.root()}),
      {&old_key_, &new_key_});
}

std::vector<std::string> ServedLog::vkeys() const {
  return {format::format_vkey(old_key_.verifier()), format::format_vkey(new_key_.verifier())};
}

std::string ServedLog::tile(const merkle::TileId& id) const {
  Buffer bytes;
  for (std::uint64_t i = 0; i < id.width; ++i)
    append(bytes,
           tree_.node({id.level * merkle::kTileHeight, id.index * merkle::kTileWidth + i})->view());
  return std::string(text_of(bytes));
}

std::string ServedLog::bundle(const merkle::TileId& id) const {
  Buffer bytes;
  for (std::uint64_t i = 0; i < id.width; ++i)
    format::append_to_bundle(bytes, bytes_of(record(id.index * merkle::kTileWidth + i)));
  return std::string(text_of(bytes));
}

std::string ServedLog::inclusion(LeafIndex i, bool text) const {
  const TreeSize size = tree_.frontier.size();
  const merkle::Proof proof = *merkle::prove_inclusion(i, size, tree_);
  if (text) return format::format_proof_file({{}, i, proof, checkpoint_});
  return "{\"index\":" + std::to_string(i.value) + ",\"leaf_hash\":\"" +
         base64(tree_.leaves[i.value].view()) + "\",\"tree_size\":" + std::to_string(size.value) +
         ",\"root\":\"" + base64(tree_.frontier.root().view()) +
         "\",\"proof\":" + base64_list(proof) + "}";
}

std::string ServedLog::consistency(TreeSize m) const {
  const TreeSize size = tree_.frontier.size();
  return "{\"from\":" + std::to_string(m.value) + ",\"to\":" + std::to_string(size.value) +
         ",\"from_root\":\"" + base64(merkle::tree_root(m, tree_)->view()) + "\",\"to_root\":\"" +
         base64(tree_.frontier.root().view()) +
         "\",\"proof\":" + base64_list(*merkle::prove_consistency(m, size, tree_)) + "}";
}

std::string ServedLog::answer(const std::string& path, bool text) const {
  const std::string tiles = "/tile/";
  const std::string entries = "/tile/entries/";
  const TreeSize size = tree_.frontier.size();
  if (path == "/checkpoint") return checkpoint_;
  if (path.starts_with("/proof/inclusion?"))
    return inclusion(LeafIndex{number_after(path, "index")}, text);
  if (path.starts_with("/proof/consistency?"))
    return consistency(TreeSize{number_after(path, "from")});
  if (path.starts_with(entries))
    return bundle(*merkle::parse_bundle_path(path.substr(entries.size())));
  if (!path.starts_with(tiles)) return {};
  const auto id = merkle::parse_tile_path(path.substr(tiles.size()));
  // As a server that had no other checkpoint: a partial tile of exactly the tree's width.
  if (!id || merkle::tile_width(id->level, id->index, size) != id->width) return {};
  return tile(*id);
}

int ServedLog::verify(const std::string& arguments, const Sabotage& sabotage) const {
  httplib::Server server;
  server.Get("/logs/x(/.*)", [&](const httplib::Request& request, httplib::Response& response) {
    const std::string path = request.target.substr(std::string("/logs/x").size());
    std::string body = answer(path, request.get_header_value("Accept") == "text/plain");
    sabotage(path, body);
    response.status = body.empty() ? 404 : 200;
    response.set_content(body, "application/octet-stream");
  });
  server.set_tcp_nodelay(true);  // else each answer waits 40 ms for an acknowledgement
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&] { server.listen_after_bind(); });
  std::string command = built_file("tests/go/verify_log ");
  command += arguments + " http://127.0.0.1:" + std::to_string(port) + " x";
  for (const std::string& vkey : vkeys()) command += " '" + vkey + "'";
  const int status = std::system((command + " 2>&1").c_str());  // NOLINT: our own program
  server.stop();
  thread.join();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace varve
