// A session on one token, logged in as its user, and the reading of objects through it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hsm/module.h"
#include "hsm/object_list.h"
#include "hsm/pin_latch.h"
#include "hsm/slots.h"
#include "hsm/template.h"
#include "ledger/base/result.h"

namespace varve::hsm {

using Object = CK_OBJECT_HANDLE;

/// Closed when destroyed. Thread: one at a time, inside Module::inside().
/// A kBusy error of any method means that the session, or the token, is lost.
class Session {
 public:
  /// `latch` may be null. Errors: kNotFound  no such token.  kInvalid  several tokens match.
  ///         kIo  the PIN is wrong, was refused before, or is locked.  kBusy  the token fails.
  static Result<std::unique_ptr<Session>> open(Module& module, const Uri& token, Bytes pin,
                                               PinLatch* latch);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Handles of all objects that have these attributes.
  Result<std::vector<Object>> find(Template wanted);
  /// The same, of a class and a label, an id or a public point, for whoever asks often: of objects that this login has
  /// listed, those that have these attributes still. Where there is none, or the list is not complete, find(). So one
  /// that somebody made since then, and gave the name of another, is not found while that one is there.
  Result<std::vector<Object>> find_listed(Template wanted);
  /// Empty when the object has no such attribute, or the token will not tell.
  Result<std::optional<Buffer>> read(Object object, CK_ATTRIBUTE_TYPE type);
  /// False when the object has no such attribute.
  Result<bool> read_flag(Object object, CK_ATTRIBUTE_TYPE type);
  void destroy(Object object);
  /// The module was started again: there is nothing left to close.
  void forget() { handle_ = CK_INVALID_HANDLE; }

  [[nodiscard]] CK_SESSION_HANDLE handle() const { return handle_; }
  [[nodiscard]] const CK_FUNCTION_LIST& functions() const { return module_.functions(); }
  [[nodiscard]] const Slot& slot() const { return slot_; }

  // Handles that were looked up in this login; gone with it.
  std::map<Buffer, Object> private_keys;            // by public key
  std::map<std::string, Object, std::less<>> keks;  // by label

 private:
  Session(Module& module, Slot slot) : module_(module), slot_(std::move(slot)) {}
  Result<void> log_in(Bytes pin, PinLatch* latch);
  void list_more();
  [[nodiscard]] bool has(Object object, std::span<const CK_ATTRIBUTE> wanted) const;

  Module& module_;
  Slot slot_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
  ObjectList listed_;
};

}  // namespace varve::hsm
