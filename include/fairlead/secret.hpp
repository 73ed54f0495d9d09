#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead {

/// A text that must not be seen: it wipes its memory when it goes, and cannot be printed, formatted or
/// serialised by accident. Only `reveal` gives the text, to whoever must send or encrypt it.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view text) : text_(text) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    /// The text itself; valid as long as this object is neither changed nor destroyed.
    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

    friend bool operator==(const Secret& a, const Secret& b) noexcept;  ///< in constant time for equal lengths

  private:
    void wipe() noexcept;
    std::string text_;
};

}  // namespace fairlead
