#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "transfer/sessions.hpp"

namespace fairlead::flow {

/// One reading of a file for several readers: a bounded window of its bytes is held, from what the slowest reader has not
/// had yet to what was read last; it is not read on before there is room. A reader that fails does not keep the others;
/// one that has not begun, or does not get on, while the window is full is let go after a while: its next read fails, and it
/// may read alone. (So readers that wait for a session which the others have do not wait for ever.)
/// For one single-threaded executor.
class Fan {
  public:
    using Opener = std::function<awaitable<std::unique_ptr<ReadStream>>(FileSystem&)>;

    Fan(boost::asio::any_io_executor executor, std::size_t readers,
        std::chrono::milliseconds patience = std::chrono::seconds(10));
    ~Fan();
    Fan(const Fan&) = delete;
    Fan& operator=(const Fan&) = delete;

    /// Reads, over a session of its own, until all readers have everything or are gone. What fails is the readers' to
    /// throw; only a cancellation is thrown, and fails them too.
    awaitable<void> run(transfer::Sessions& source, Opener open);

    /// What reader `number` gets, from the beginning. Once.
    std::unique_ptr<ReadStream> join(std::size_t number);
    /// It will not read, or not any more.
    void leave(std::size_t number);
    /// Whether a reader failed because of the reading, and not for a reason of its own.
    bool let_down(std::size_t number) const;
    /// The most that was held at once.
    std::size_t held() const noexcept;

  private:
    struct State;
    class Reader;
    std::shared_ptr<State> state_;
};

}  // namespace fairlead::flow
