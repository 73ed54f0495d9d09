#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::store::postgres {

/// A parameter of a statement: text, number, truth, NULL or bytes. Statements get values only in this way.
class Value {
  public:
    Value(std::nullopt_t) {}
    Value(std::string_view text) : content_(text) {}
    Value(const std::string& text) : content_(text) {}
    Value(const char* text) : content_(text) {}
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    Value(Number number) : content_(std::to_string(number)) {}
    Value(std::same_as<bool> auto truth) : content_(truth ? "true" : "false") {}
    template <class Optional>
    Value(const std::optional<Optional>& optional) {
        if (optional) *this = Value(*optional);
    }

    /// For a bytea.
    static Value bytes(std::string_view bytes) {
        Value value{bytes};
        value.is_binary_ = true;
        return value;
    }
    /// For a text[].
    static Value list(std::span<const std::string> texts);

    const char* data() const { return content_ ? content_->c_str() : nullptr; }
    int size() const { return content_ ? static_cast<int>(content_->size()) : 0; }
    bool is_binary() const { return is_binary_; }

  private:
    std::optional<std::string> content_;
    bool is_binary_ = false;
};

}  // namespace fairlead::store::postgres
