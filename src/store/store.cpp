#include "store/store.hpp"

#include "fairlead/error.hpp"

namespace fairlead::store {

RunStore& Store::runs() {
    throw Error(ErrorCode::unsupported, "This store keeps no runs yet: " + description() + ".")
        .hinting("use the database in the data directory");
}

}  // namespace fairlead::store
