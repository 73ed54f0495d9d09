#include "service/version.hpp"

namespace fairlead::service {

std::string_view version() noexcept {
    return FAIRLEAD_VERSION;
}

}  // namespace fairlead::service
