// sd_notify. That a message could not be sent is nothing that the server could mend.
#include "tools/server/service_manager.h"

#include <systemd/sd-daemon.h>

namespace varve::tools {

void tell_starting() {
  static_cast<void>(sd_notify(0, "STATUS=Opens its logs"));
}

void tell_ready() {
  static_cast<void>(
      sd_notify(0, "READY=1\nSTATUS=Serves; /readyz says whether every log takes appends"));
}

void tell_stopping() {
  static_cast<void>(sd_notify(0, "STOPPING=1\nSTATUS=Finishes what is under way"));
}

}  // namespace varve::tools
