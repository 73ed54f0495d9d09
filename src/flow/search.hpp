#pragma once

#include <functional>

#include "flow/work.hpp"
#include "transfer/filter.hpp"

namespace fairlead::flow {

/// Finds the files that a flow's source means. Temporary files of ours, markers, hidden files (unless a pattern
/// asks for them) and what the flow itself has moved aside are not among them.
class Search {
  public:
    explicit Search(Work& work);

    /// `visit` gives whether more are wanted. What cannot be listed is reported. Gives whether all of it was seen.
    awaitable<bool> run(std::function<awaitable<bool>(Entry)> visit);

  private:
    bool is_wanted(const Entry& entry) const;
    awaitable<bool> visit_one(const std::function<awaitable<bool>(Entry)>& visit);

    Work& work_;
    transfer::Filter filter_;
    std::vector<std::string> aside_;  ///< directories, with a slash at the end
    std::vector<Glob> markers_;
    bool hidden_ = false;  ///< a pattern asks for names that begin with a dot
};

}  // namespace fairlead::flow
