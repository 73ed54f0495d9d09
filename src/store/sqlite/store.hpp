#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace fairlead::store::sqlite {

/// Opens or makes the file and brings its schema up to date. Throws as store::open does.
std::unique_ptr<Store> open(const std::string& path);

}  // namespace fairlead::store::sqlite
