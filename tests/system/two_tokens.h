// A server whose log's signing moves between the installation's own token (SoftHSM, Ed25519) and
// one of another kind (P-256), while it serves. The month keys stay on the first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sender.h"

namespace varve::system {

struct TokenPlace {
  std::string module;
  std::string uri;
  std::string pin_file;
  std::string algorithm;  // "ed25519", "p256"
};

class TwoTokens {
 public:
  /// Adds the other token to the configuration, with this time limit for both. Does not start the server.
  TwoTokens(TokenPlace other, unsigned timeout_ms);

  // --- key events, signed in advance: some tokens serve one process at a time
  /// varve-keys rotate: a key of this label joins, so that two sign. Then varve-keys retire: the
  /// one before leaves.
  void plan_overlap_with_other(const std::string& label) { plan_overlap(other_, label); }
  void plan_overlap_with_own(const std::string& label) { plan_overlap(own_, label); }
  void plan_finish();

  void start() { varve_.start(); }
  /// The next of the planned events goes to the server.
  void send_next();

  [[nodiscard]] Installation& varve() { return varve_; }
  /// All signing keys there ever were, the first one first.
  [[nodiscard]] const std::vector<format::VerifierKey>& known() const { return known_; }
  /// Key ids of the newest checkpoint's signatures, in the order of the keys.
  [[nodiscard]] std::vector<std::uint32_t> signers() const;

  Result<client::HttpResponse> append(const std::string& key) const;
  /// 0 when the connection failed.
  [[nodiscard]] int append_status(const std::string& key) const;
  [[nodiscard]] client::HttpResponse readiness() const;
  /// Waits until this event is taken.
  [[nodiscard]] bool takes(const std::string& key) const;
  /// What every promise is worth at the end: its receipt verifies, the server repeats it word for
  /// word, and varve-audit finds the log intact from its first vkey.
  void expect_kept(const std::vector<Promise>& promises) const;

 private:
  struct Key {
    TokenPlace place;
    std::string label;
    std::string vkey;
  };
  void plan_overlap(const TokenPlace& place, const std::string& label);
  [[nodiscard]] std::string plan(const std::string& command, const TokenPlace& place,
                                 const Words& more);

  Installation varve_;
  const TokenPlace own_;
  const TokenPlace other_;
  Key current_;
  Key leaving_;
  unsigned planned_ = 0;
  unsigned sent_ = 0;
  std::vector<format::VerifierKey> known_;
};

}  // namespace varve::system
