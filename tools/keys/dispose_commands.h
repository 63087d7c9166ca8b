// dispose notice and write: the two steps by which people let months go. The server destroys the keys.
#pragma once

#include <string>

#include "tools/keys/holder.h"
#include "tools/keys/options.h"

namespace varve::keys {

struct GiveNoticeArguments {
  PublishArguments server;
  std::string until;  // "2026-11": this month, and all before it
  bool dry_run = false;
  bool json = false;
};
/// Has the server write a notice of all months that can be noticed. With dry_run prints which.
/// Errors: kNotFound  there is none to notice.  As ask_retention and publish.
Result<void> give_notice(const GiveNoticeArguments& arguments);

struct WriteDisposalArguments {
  HolderArguments holder;  // one approver, or the log's own key
  PublishArguments server;
  std::string until;
  std::string out;
  bool dry_run = false;
  bool json = false;
};
/// Writes the disposal of all noticed months, signed by one; the others approve of the file, then it is
/// sent. Errors: kNotFound  no month has a notice.  As ask_retention and Token::sign.
Result<void> write_disposal(const WriteDisposalArguments& arguments);

/// The command line of varve-keys dispose. Outlives the parsing of the command line.
class DisposeCommandLine {
 public:
  void add_to(CLI::App& app, Result<void>& outcome);

 private:
  GiveNoticeArguments notice_;
  WriteDisposalArguments write_;
};

}  // namespace varve::keys
