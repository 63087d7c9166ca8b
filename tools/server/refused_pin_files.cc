// The file holds words for a person and nothing of the PIN; that it exists is what counts.
#include "tools/server/refused_pin_files.h"

#include "hsm/uri.h"
#include "ledger/env/durable.h"

namespace varve::tools {
namespace {

class RefusedPinFiles final : public hsm::PinLatch {
 public:
  RefusedPinFiles(std::unique_ptr<env::Filesystem> files, std::string data)
      : files_(std::move(files)), data_(std::move(data)) {}

  [[nodiscard]] Result<void> check(const hsm::Slot& token) override {
    const std::string name = refused_pin_file(token);
    ASSIGN_OR_RETURN(const bool refused, env::exists(*files_, name));
    if (!refused) return {};
    return io_error(
        "the token refused its PIN before, and nobody has said since that it may be tried "
        "again: correct the PIN, then remove " +
        data_ + "/" + name);
  }

  Result<void> set(const hsm::Slot& token) override {
    std::string text = "The token " + token.label;
    text.append(" (serial ")
        .append(token.serial)
        .append(") refused its PIN, which was tried once.\n");
    text.append("Correct the PIN, then remove this file: until then varved does not try again.\n");
    return env::write_durably(*files_, refused_pin_file(token), bytes_of(text));
  }

 private:
  std::unique_ptr<env::Filesystem> files_;
  std::string data_;
};

}  // namespace

std::string refused_pin_file(const hsm::Slot& token) {
  std::string name = "PIN-REFUSED." + hsm::percent_encoded(token.label);
  return name.append(".").append(hsm::percent_encoded(token.serial));
}

std::shared_ptr<hsm::PinLatch> refused_pin_files(std::unique_ptr<env::Filesystem> files,
                                                 std::string data) {
  return std::make_shared<RefusedPinFiles>(std::move(files), std::move(data));
}

}  // namespace varve::tools
