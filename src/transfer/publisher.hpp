#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <set>

#include "transfer/sessions.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::transfer {

/// Publishes staged files in batches, on a target that can make many files durable together
/// (Abilities::sync_together).
///
/// Waiting for the disk after each of 10,000 small files costs more than moving them. So files gather under
/// their temporary names, then the disk is waited for once, then each gets its final name, then the names are
/// made durable, and only then is each reported and its source settled. Nothing is published before it is
/// durable, nothing claimed before it is published. While one batch waits for the disk the next one is being
/// moved. A batch is closed by its number of files, its bytes, or the age of its oldest file.
///
/// The publisher runs on its own: cancelling those who add does not reach it. What they have staged is
/// complete and verified, so it is published, or removed when that fails.
class Publisher {
  public:
    struct Listener {
        std::function<awaitable<void>(Staged&)> published;  ///< settle the source and report; does not throw
        std::function<void(Staged&, const Error&)> failed;
    };

    /// `journal` may be null.
    Publisher(boost::asio::any_io_executor executor, Sessions& target, Journal* journal, bool durable,
              Listener listener);
    ~Publisher();

    /// Takes a staged file. Waits while more than a batch is waiting already. Throws when cancelled; the file
    /// was taken nevertheless.
    awaitable<void> add(Staged staged);
    /// Publishes what is left and waits for the end, whatever happens to the caller.
    awaitable<void> finish();

  private:
    void start_if_due(bool now);
    awaitable<void> run();
    awaitable<void> publish_batch(std::deque<Staged>& batch);

    boost::asio::any_io_executor executor_;
    Sessions& target_;
    Journal* journal_;
    bool durable_;
    Listener listener_;
    std::deque<Staged> gathered_;
    std::uint64_t gathered_bytes_ = 0;
    std::chrono::steady_clock::time_point oldest_;
    bool running_ = false;
    bool finishing_ = false;
    Event changed_;
};

}  // namespace fairlead::transfer
