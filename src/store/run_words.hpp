#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/run.hpp"

/// What both engines say of runs, and how they ask for their states.
namespace fairlead::store {

/// The data of run.file: what became of it. How is in its history, where it does not take up room twice.
boost::json::object file_event(const catalog::RunFile& file);
/// The data of run.finished.
boost::json::object end_of(const catalog::Run& run);

Error no_such_run(std::string_view id);
/// For a fence that is not the run's any more.
Error not_ours(std::string_view id);
/// Whether it is that one. A conflict may also be a server's: a file is in use there.
bool is_not_ours(const Error& error) noexcept;
/// Throws conflict.
void require_not_ended(const catalog::Run& run);
void require_paused(const catalog::Run& run);

/// The condition for being in a state, as both engines understand it; "paused" is a column of its own beside a run
/// that is queued, or will be. Texts, not parameters: the partial indexes are chosen by them.
std::string is_in(catalog::RunState state);
std::string is_in_any(const std::vector<catalog::RunState>& states);

/// Every run that was recorded at a time from `since` on has an id from this one on, and one from before `until` an id
/// before that one: ids begin with the time. A day to spare, for clocks that differ.
std::string first_id(Time since);
std::string last_id(Time until);

}  // namespace fairlead::store
