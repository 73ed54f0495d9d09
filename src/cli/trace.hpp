#pragma once

#include <string_view>

#include "fairlead/observer.hpp"

namespace fairlead::cli {

/// Prints what a session does on standard error: with `level` 1 its steps, with 2 its notes too, with 3 the
/// whole conversation: ">" sent, "<" received, "*" notes.
class TracePrinter final : public Observer {
  public:
    explicit TracePrinter(int level) : level_(level) {}

    void step_done(std::string_view step, std::string_view detail) override;
    void sent(std::string_view line) override;
    void received(std::string_view line) override;
    void note(std::string_view text) override;

  private:
    int level_;
};

}  // namespace fairlead::cli
