#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "transfer/journal_file.hpp"
#include "transfer/journal_record.hpp"
#include "transfer/segments.hpp"

namespace fairlead::transfer {

/// The checkpoint on disk of the transfers of one process: what is under way, so that after Ctrl-C, a lost
/// network or `kill -9` the next run goes on with it, tidies up after it, or sees that it was delivered.
///
/// One file for each process, in one directory for all, locked for the life of its owner (the kernel gives
/// the lock back when it dies). What a dead owner left is taken over one by one, when the same target, or
/// for small things the same place, is used again. Writing a line costs no wait for the disk: it survives
/// the process, not a power failure; `sync` makes it survive that too.
///
/// A journal that cannot be written costs no transfer: it goes on in memory, where only this process sees
/// it, and `trouble` says why. Used from one thread.
class Journal {
  public:
    /// `directory` is made when the first line is written; empty: in memory only.
    explicit Journal(std::string directory = {});
    /// Leaves a file behind only where something is unfinished.
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Records a transfer before its first byte, and gives its number.
    std::uint64_t begin(Unfinished transfer);
    /// So much of each segment was handed to the target. With several, it is moved in segments from now on, if it was
    /// not before; of a single one, so much is there for sure.
    void moved(std::uint64_t number, const Segments& segments);
    /// All bytes are at the target, verified.
    void staged(std::uint64_t number, std::uint64_t size, std::string checksum);
    /// The file that is being replaced is about to be moved there.
    void aside(std::uint64_t number, std::string path);
    /// What is at the target is of no use, and could not be removed yet.
    void doomed(std::uint64_t number);
    /// A session that was told to write at the target was lost before the server answered for it. It may do
    /// so yet, from what it has received: a late file (see `over`).
    void writer_lost(std::uint64_t number);
    /// Its temporary name is used no more; `was_there`: a file was seen to have it. Ends the transfer, unless
    /// a late file may still come: then it stays for an hour, doomed, and worked on by nobody.
    void over(std::uint64_t number, bool was_there);
    /// Nothing of it is open any more. Need not reach the disk at once: who reads "staged" looks.
    void end(std::uint64_t number);
    /// Nobody works on it now; it may be claimed.
    void leave(std::uint64_t number);
    /// Keeps a name at a place that others could choose too (not one of our random ones) from all other
    /// transfers of this user on this machine, as long as the result lives. Throws conflict when it is in
    /// use.
    std::shared_ptr<void> reserve(const std::string& place, const std::string& path);
    /// Nothing when it has ended.
    const Unfinished* find(std::uint64_t number) const;

    /// What is unfinished for this target and worked on by nobody, of this process or of dead ones. It is
    /// ours from now on: each must be ended, or left again.
    std::vector<Unfinished> claim(const std::string& place, const std::string& asked);
    /// The same for all of a place that `wanted` says yes to.
    std::vector<Unfinished> claim_where(const std::string& place,
                                        const std::function<bool(const Unfinished&)>& wanted);
    /// The transfers of this process at a place that are over, but for a late file. They are ours from now
    /// on.
    std::vector<std::uint64_t> claim_late(const std::string& place);
    bool has_late(const std::string& place) const;
    /// What dead processes left at a place. Not claimed.
    std::vector<Unfinished> left_at(const std::string& place);
    /// Looks again for journals of processes that have died meanwhile.
    void look_around();

    /// A call that makes the lines so far survive a power failure; it blocks, on a thread of its own.
    std::function<void()> syncing() const { return file_.syncing(); }
    /// Why the journal is not written; empty: it is.
    const std::string& trouble() const noexcept { return trouble_; }

  private:
    struct Open {
        Unfinished transfer;
        bool worked_on = true;
        bool writer_lost = false;
        bool is_late_at(const std::string& place) const {
            return writer_lost && !worked_on && transfer.state == Unfinished::State::doomed &&
                   transfer.target_place == place;
        }
    };

    void write(std::string_view lines);
    void compact_if_large();
    std::vector<Unfinished> take_from_dead(const std::function<bool(const Unfinished&)>& wanted);

    std::string directory_;
    std::string trouble_;
    JournalFile file_;
    std::string pending_;  // ends, which travel with the next line
    std::uint64_t next_ = 1;
    std::shared_ptr<unsigned> reserved_ = std::make_shared<unsigned>(0);
    std::unordered_map<std::uint64_t, Open> open_;
    std::multimap<std::string, std::uint64_t> by_target_;  // key_of place and target asked for
    bool looked_ = false;
    std::map<std::string, std::vector<Unfinished>> dead_;  // by path of the journal
    std::unordered_set<std::string> dead_targets_;         // key_of each of them, and perhaps some more
};

}  // namespace fairlead::transfer
