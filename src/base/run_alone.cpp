#include "base/run_alone.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace fairlead {

void run_alone(boost::asio::io_context& loop, awaitable<void> work) {
    std::exception_ptr failure;
    bool done = false;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown) {
        failure = thrown;
        done = true;
    });
    loop.restart();
    while (!done)
        loop.run_one();  // what a session keeps waiting for in between must not hold the call up
    if (failure) std::rethrow_exception(failure);
}

}  // namespace fairlead
