#include "store/sqlite/store.hpp"
#include "store/store.hpp"

namespace fairlead::store {

std::unique_ptr<Store> open(const std::string& where) {
    return sqlite::open(where);
}

}  // namespace fairlead::store
