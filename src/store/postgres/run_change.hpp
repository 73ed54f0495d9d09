#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/run.hpp"
#include "store/postgres/database.hpp"

/// What changes of runs are made of, each within the caller's transaction.
namespace fairlead::store::postgres {

/// On which whoever waits for changes of runs listens.
inline constexpr const char* kRunChannel = "fairlead_runs";

/// Names that servers give to files may be any bytes; PostgreSQL takes texts.
std::string text_for(const boost::json::value& document);

/// The run, which nobody else changes until the transaction ends.
std::optional<catalog::Run> locked(Transaction& transaction, std::string_view id);
/// The same; throws not_found.
catalog::Run present(Transaction& transaction, std::string_view id);
/// The same, if it still belongs to whoever has this fence; throws conflict.
catalog::Run ours(Transaction& transaction, std::string_view id, std::int64_t fence);

/// Records what happened, and wakes those who wait for it.
void write_event(Transaction& transaction, std::string_view id, std::string_view type,
                 const boost::json::object& data, Time now);

}  // namespace fairlead::store::postgres
