#include "fairlead/secret.hpp"

#include <sodium.h>

#include <utility>

namespace fairlead {

Secret::Secret(Secret&& other) noexcept : text_(other.text_) {
    other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        text_ = other.text_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        *this = std::as_const(other);
        other.wipe();
    }
    return *this;
}

void Secret::wipe() noexcept {
    sodium_memzero(text_.data(), text_.size());
    text_.clear();
}

bool operator==(const Secret& a, const Secret& b) noexcept {
    return a.text_.size() == b.text_.size() &&
           sodium_memcmp(a.text_.data(), b.text_.data(), a.text_.size()) == 0;
}

}  // namespace fairlead
