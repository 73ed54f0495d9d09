#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::store {

/// Facts about the whole store. Used from one thread.
class SettingStore {
  public:
    virtual ~SettingStore() = default;
    virtual std::optional<std::string> get(std::string_view name) = 0;  ///< Within Store::together it stays so to the end.
    /// Sets it if it is not set yet; gives what is set afterwards.
    virtual std::string set_once(std::string_view name, std::string_view value) = 0;
    virtual void set(std::string_view name, std::string_view value) = 0;
};

}  // namespace fairlead::store
