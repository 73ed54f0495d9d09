#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::test {

/// What a receiver of webhooks got.
struct Received {
    std::string id;         ///< of the CloudEvent
    std::string body;
    std::string signature;  ///< X-Fairlead-Signature-256
    std::string type;       ///< Content-Type
    unsigned status = 0;    ///< what it answered
};

/// An HTTP server of this machine that takes events, or does not: `answer` says with which status, given how often
/// this event has come before.
class WebhookReceiver {
  public:
    using Answer = std::function<unsigned(const std::string& id, unsigned times_before)>;
    explicit WebhookReceiver(Answer answer = {});
    ~WebhookReceiver();

    std::string url() const;
    std::vector<Received> received() const;
    /// Those that were answered with a success, each once, in the order of their first success.
    std::vector<Received> taken() const;
    /// Waits until so many different events were taken; false when they were not within a minute and a half.
    bool wait_for(std::size_t taken) const;
    /// From now on it answers so.
    void set_answer(Answer answer);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::test
