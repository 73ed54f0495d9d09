#include "store/postgres/address.hpp"
#include "store/postgres/store.hpp"
#include "store/sqlite/store.hpp"
#include "store/store.hpp"

namespace fairlead::store {

std::unique_ptr<Store> open(const std::string& where) {
    return postgres::Address::is_url(where) ? postgres::open(where) : sqlite::open(where);
}

}  // namespace fairlead::store
