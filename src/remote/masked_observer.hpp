#pragma once

#include "base/mask.hpp"
#include "fairlead/observer.hpp"

namespace fairlead {

/// Tells another observer all that it hears, masked.
class MaskedObserver final : public Observer {
  public:
    /// Neither is owned; both must outlive this.
    MaskedObserver(const Mask& mask, Observer& told) : mask_(mask), told_(told) {}

    void step_began(std::string_view step) override { told_.step_began(step); }
    void step_done(std::string_view step, std::string_view detail) override {
        told_.step_done(step, mask_.hidden(detail));
    }
    void sent(std::string_view line) override { told_.sent(mask_.hidden(line)); }
    void received(std::string_view line) override { told_.received(mask_.hidden(line)); }
    void note(std::string_view text) override { told_.note(mask_.hidden(text)); }

  private:
    const Mask& mask_;
    Observer& told_;
};

}  // namespace fairlead
