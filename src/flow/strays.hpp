#pragma once

#include <string>
#include <vector>

#include "flow/work.hpp"

/// Files under temporary names that an owner of a run, which is gone, has left at a target: whoever goes on, on whichever machine,
/// knows them by the owner's mark, which is part of each such name.
namespace fairlead::flow {

/// The mark in the temporary names of a version on its way to a target.
std::string mark_of(const std::string& run, std::int64_t fence, const catalog::FileVersion& version, const std::string& target);

/// The run that was about to bring the version to the target, when it has neither brought it nor said why not; else empty.
std::string vanished_run(const catalog::FileVersion& version, const catalog::Delivery& delivery);

/// The marks of those who owned that run before.
awaitable<std::vector<std::string>> marks_of_earlier(Work& work, std::string run, const catalog::FileVersion& version,
                                                     std::string target);

/// Removes what has one of the marks from a directory at the target, but for what this machine's journal knows: that is gone on with.
awaitable<void> remove_strays(Work& work, Place& place, std::string directory, const std::vector<std::string>& marks,
                              const std::vector<std::string>& known);

}  // namespace fairlead::flow
