#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/mail.hpp"

namespace fairlead::flow {

struct NotifierOptions {
    MailServer mail;
    /// A notice that could not be told. On the notifier's thread.
    std::function<void(const std::string& flow, const std::string& problem)> report;
};

/// Tells what is due about flows (DeliveryStore::due_notices) to those whom the flow names: by webhook as a CloudEvent,
/// and by mail; each at least once, with the same id, again and again with growing pauses until it is taken. On a thread
/// of its own. Of several on one store each may tell the same: whoever is told twice sees the same id.
class Notifier {
  public:
    /// Begins at once, with a workspace of its own; the arguments as Workspace takes them.
    Notifier(std::string directory, std::string store, NotifierOptions options = {});
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::flow
