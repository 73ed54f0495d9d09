#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fairlead/file_system.hpp"
#include "service/browse_order.hpp"

namespace fairlead::service {

/// Puts any number of entries in order with memory for some: what is more lies, sorted part by part, in a file without a
/// name (in $TMPDIR, else /var/tmp), and the parts are merged while they are given.
class SortedEntries {
  public:
    explicit SortedEntries(std::vector<SortKey> sort, std::size_t most_held = 10'000);
    ~SortedEntries();
    SortedEntries(const SortedEntries&) = delete;
    SortedEntries& operator=(const SortedEntries&) = delete;

    /// Throws no_space, and internal when there is nowhere to write to.
    awaitable<void> add(Entry entry);
    /// Gives all of them, in order. Once, after the last `add`.
    awaitable<void> give(std::function<awaitable<void>(const Entry&)> visit);

  private:
    /// A sorted part in the file, and what of it is in memory.
    struct Part {
        std::uint64_t at = 0, end = 0;
        std::string bytes;
        std::size_t place = 0;
        Entry entry;  ///< the next one of it
    };
    awaitable<void> put_aside();
    void write(const std::string& bytes);
    bool next(Part& part) const;

    std::vector<SortKey> sort_;
    std::size_t most_held_;
    std::vector<Entry> held_;
    std::vector<Part> parts_;
    int file_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace fairlead::service
