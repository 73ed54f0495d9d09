#include "store/monitor_text.hpp"

#include <fmt/format.h>

namespace fairlead::store {

Error look_was_overtaken(std::string_view monitor) {
    return Error(ErrorCode::conflict,
                 fmt::format("Another look for the monitor {} has begun meanwhile; this one ends.", monitor));
}

}  // namespace fairlead::store
