#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/entry.hpp"

/// In which order a listing is shown, and how a page of it is found again without anybody having kept
/// anything in between.
namespace fairlead::service {

/// One thing to sort by. What is not known comes last, in both directions.
struct SortKey {
    enum class By { name, path, size, modified, type } by = By::name;
    bool descending = false;
};

/// "name", "-size", "type,name", "modified-desc"; separated by commas, the first counts most. "time" is
/// modified. Empty: nothing, that is the server's own order. Throws Error{invalid_argument}.
std::vector<SortKey> parse_sort(std::string_view text);
std::string to_string(const std::vector<SortKey>& sort);

/// Whether `a` comes before `b`. Entries that are alike by all keys go by their paths, so the order is total.
bool comes_before(const Entry& a, const Entry& b, const std::vector<SortKey>& sort);

/// The first `most` of what comes after `after` (null: from the beginning), in order: memory for so many,
/// however many there are.
class TopEntries {
  public:
    TopEntries(std::vector<SortKey> sort, std::optional<Entry> after, std::size_t most);
    void add(Entry entry);
    std::vector<Entry> finish();

  private:
    std::vector<SortKey> sort_;
    std::optional<Entry> after_;
    std::size_t most_;
    std::vector<Entry> heap_;  // the last of them on top
};

/// Where the next page begins. It holds all that is needed, so it works on any daemon and at any time.
struct BrowseCursor {
    std::vector<SortKey> sort;   ///< empty: the server's order
    std::uint64_t position = 0;  ///< in the server's order: how many entries the walk had met
    Entry last;                  ///< the last one that was shown: path, and what it was sorted by
};
std::string to_text(const BrowseCursor& cursor);
/// Throws Error{invalid_argument} for one that is not ours or belongs to another order.
BrowseCursor parse_cursor(std::string_view text, const std::vector<SortKey>& sort);

/// Finds the place in a listing in the server's order again: right after the last entry that was shown. Where
/// that is gone, at the same position; then one that moved may be shown twice, but none is left out that
/// stayed.
class Resumption {
  public:
    /// `by_position`: the listing was read once and the last entry is not there any more.
    Resumption(const BrowseCursor& cursor, bool by_position)
        : last_(cursor.last.path),
          skip_(by_position ? (cursor.position > 0 ? cursor.position - 1 : 0) : 0),
          waiting_(!by_position && cursor.position > 0) {}

    /// Whether this entry, the next one of the walk, belongs to what is to be shown.
    bool passes(std::string_view path);
    /// The place was never found.
    bool lost() const noexcept { return waiting_; }

  private:
    std::string last_;
    std::uint64_t skip_;
    bool waiting_;
};

}  // namespace fairlead::service
