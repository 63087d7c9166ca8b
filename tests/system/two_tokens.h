// A server whose log moves between the installation's own token (SoftHSM, Ed25519) and one of
// another kind (P-256), while it serves. The keys of months stay on the first.
#pragma once

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
  /// Starts the server with both.
  explicit TwoTokens(TokenPlace other);

  /// varve-keys rotate: from now on both keys sign. Then varve-keys retire: the new one alone.
  void overlap_with_other(const std::string& label) { overlap(other_, label); }
  void overlap_with_own(const std::string& label) { overlap(own_, label); }
  void finish();

  [[nodiscard]] Installation& varve() { return varve_; }
  [[nodiscard]] const std::vector<format::VerifierKey>& known() const { return known_; }

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
  void overlap(const TokenPlace& place, const std::string& label);
  [[nodiscard]] std::string keys(const std::string& command, const TokenPlace& place,
                                 const Words& more) const;

  Installation varve_;
  const TokenPlace own_;
  const TokenPlace other_;
  Key current_;
  Key leaving_;
  std::vector<format::VerifierKey> known_;
};

}  // namespace varve::system
