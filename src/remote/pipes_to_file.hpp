#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <semaphore>
#include <string>
#include <thread>

#include "fairlead/file_system.hpp"
#include "remote/local_path.hpp"

namespace fairlead::local {

/// A few pipes that are filled in turn by whoever receives bytes, and emptied into a file by a thread of
/// their own, both by splice(2): the bytes never pass through this program's memory, and the disk works
/// beside the network. Several, since a pipe is locked while one side moves bytes. They bound what is under
/// way (4 MiB).
class PipesToFile {
  public:
    /// `file` must stay open as long as this object; `path` is for messages. Throws Error{internal} when
    /// there are no pipes to be had.
    PipesToFile(int file, std::uint64_t offset, std::string path);
    /// Ends as `finish` does, without saying what failed. May wait for the disk to take what was handed over.
    ~PipesToFile();

    /// The non-blocking end of an empty pipe; the one taken before is handed to the disk. Waits for one.
    /// Throws what failed at the disk (no_space, ...), and cancelled.
    awaitable<int> take();
    /// Hands over the last one and waits until all is in the file. Blocks: not for the event loop.
    /// Throws what failed at the disk.
    void finish();

  private:
    static constexpr std::size_t kPipes = 4;
    struct Pipe {
        Descriptor outlet, intake;
    };

    void hand_over();
    void stop() noexcept;
    void throw_failure() const;
    void run() noexcept;
    int empty(const Pipe& pipe) noexcept;
    int copy(const Pipe& pipe) noexcept;

    int file_;
    std::string path_;
    std::int64_t at_;
    std::int64_t written_back_;
    std::array<Pipe, kPipes> pipes_;
    Descriptor emptied_;  // eventfd: how many pipes are empty and not taken
    std::counting_semaphore<kPipes + 1> filled_{0};
    std::atomic<bool> stopping_ = false;  // after what was handed over
    std::atomic<int> failure_ = 0;        // errno
    std::size_t taken_ = 0;               // how many times; the ring's position
    bool holding_ = false;                // a pipe is taken and not handed over
    bool can_splice_ = true;
    std::thread thread_;
};

/// How many bytes may gather in the page cache before the disk is told to begin, so that the sync at the end
/// finds little left to do.
constexpr std::uint64_t kWriteBack = 8 * 1024 * 1024;

}  // namespace fairlead::local
