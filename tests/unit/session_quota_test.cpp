// Sessions of one server that live on several threads: together never more than it allows, and nobody waits for ever.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <list>
#include <thread>

#include "remote/memory_file_system.hpp"
#include "transfer/session_quota.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Counts the sessions to it, whichever thread they live on.
struct Host {
    std::atomic<int> open = 0, most = 0, opened = 0;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
};

/// A thread with its own line for the host.
class Place {
  public:
    Place(Host& host, const std::string& server, unsigned limit)
        : server_(std::make_shared<Server>(loop_.get_executor(), limit)),
          guard_(asio::make_work_guard(loop_)),
          thread_([this] { loop_.run(); }) {
        const auto user = std::make_shared<QuotaUser>(QuotaUser{loop_.get_executor()});
        auto open = [&host, user, server, limit]() -> awaitable<std::shared_ptr<FileSystem>> {
            auto room = co_await take_place(server, limit, user);
            ++host.opened;
            const int now = ++host.open;
            for (int before = host.most; before < now && !host.most.compare_exchange_weak(before, now);) {}
            auto abilities = MemoryFileSystem::all_abilities();
            abilities.concurrent_operations = 1;
            auto files = std::make_shared<MemoryFileSystem>(host.store, abilities);
            auto* const plain = files.get();
            co_return std::shared_ptr<FileSystem>(plain, [files, room, &host](FileSystem*) mutable {
                --host.open;
                room.reset();
            });
        };
        sessions_ = std::make_shared<Sessions>(loop_.get_executor(), open, limit, PlaceFacts{}, server_);
        user->sessions = sessions_;
    }
    ~Place() {
        asio::co_spawn(loop_, sessions_->close(), asio::use_future).wait();
        guard_.reset();
        thread_.join();
    }

    /// Takes a session so many times, and each time holds it for some turns of the loop.
    std::future<void> use(int times) {
        const auto task = [](std::shared_ptr<Sessions> sessions, int count) -> awaitable<void> {
            for (int i = 0; i < count; ++i) {
                const auto lease = co_await sessions->take();
                for (int turn = 0; turn < 3; ++turn)
                    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            }
        };
        return asio::co_spawn(loop_, task(sessions_, times), asio::use_future);
    }
    /// Two at once, as a copy within one server needs them.
    std::future<void> use_both(int times) {
        const auto task = [](std::shared_ptr<Sessions> sessions, int count) -> awaitable<void> {
            for (int i = 0; i < count; ++i) {
                const auto leases = co_await Sessions::take_both(*sessions, *sessions);
                co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            }
        };
        return asio::co_spawn(loop_, task(sessions_, times), asio::use_future);
    }

  private:
    asio::io_context loop_{1};
    std::shared_ptr<Server> server_;
    std::shared_ptr<Sessions> sessions_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

void expect_done(std::future<void>& work) {
    ASSERT_EQ(work.wait_for(60s), std::future_status::ready);
    EXPECT_NO_THROW(work.get());
}

TEST(SessionQuota, all_threads_together_have_no_more_than_the_limit) {
    Host host;
    std::list<Place> places;
    std::list<std::future<void>> work;
    for (int i = 0; i < 3; ++i)
        places.emplace_back(host, "quota-a", 2);
    for (auto& place : places)
        for (int i = 0; i < 4; ++i)
            work.push_back(place.use(20));
    for (auto& each : work)
        expect_done(each);
    EXPECT_LE(host.most, 2);
}

TEST(SessionQuota, one_that_is_idle_on_another_thread_is_given_back) {
    Host host;
    Place first(host, "quota-b", 1), second(host, "quota-b", 1);
    for (int i = 0; i < 3; ++i) {
        auto here = first.use(1);
        expect_done(here);
        auto there = second.use(1);
        expect_done(there);
    }
    EXPECT_EQ(host.most, 1);
    EXPECT_EQ(host.opened, 6);
}

TEST(SessionQuota, who_needs_two_gets_them_although_the_other_thread_keeps_an_idle_one) {
    Host host;
    Place first(host, "quota-c", 2), second(host, "quota-c", 2);
    auto here = first.use(1);
    expect_done(here);
    auto there = second.use_both(2);
    expect_done(there);
    EXPECT_LE(host.most, 2);
}

TEST(SessionQuota, a_limit_ends_with_the_last_session) {
    Host host;
    {
        Place small(host, "quota-d", 1);
        auto one = small.use(1);
        expect_done(one);
    }
    Place large(host, "quota-d", 2);
    auto both = large.use_both(1);
    expect_done(both);
    EXPECT_EQ(host.most, 2);
}

}  // namespace
}  // namespace fairlead::transfer
