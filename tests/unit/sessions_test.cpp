#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "base/event.hpp"
#include "base/run_together.hpp"
#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "transfer/failure.hpp"
#include "transfer/sessions.hpp"

namespace fairlead::transfer {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
namespace asio = boost::asio;

/// A server that admits so many sessions, each for one operation at a time, and says so to the others.
struct Host {
    unsigned admits = 100, places = 1;
    unsigned open = 0, most_open = 0, opened = 0, pings = 0;
    bool answers_pings = true;
    std::set<unsigned> hung_up;  // those of its sessions that it has ended
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();

    struct Visit final : test::AwkwardFileSystem {
        Visit(Host& h, std::unique_ptr<FileSystem> inner) : AwkwardFileSystem(std::move(inner)), host(h) {
            host.most_open = std::max(host.most_open, ++host.open);
            ++host.opened;
        }
        ~Visit() override { --host.open; }
        awaitable<void> ping() override {
            ++host.pings;
            if (!host.answers_pings) throw Error(ErrorCode::connection_lost, "Gone.").ends_session();
            co_return;
        }
        bool has_ended() noexcept override { return host.hung_up.contains(number); }
        Host& host;
        unsigned number = host.opened + 1;
    };

    Sessions::Opener opener() {
        return [this]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            if (open >= admits) throw Error(ErrorCode::server_busy, "Too many.");
            auto abilities = MemoryFileSystem::all_abilities();
            abilities.concurrent_operations = places;
            co_return std::make_shared<Visit>(*this, std::make_unique<MemoryFileSystem>(store, abilities));
        };
    }
};

awaitable<void> turns(unsigned count) {
    const auto executor = co_await asio::this_coro::executor;
    for (unsigned i = 0; i < count; ++i)
        co_await asio::post(executor, asio::use_awaitable);
}

class SharedSessions : public testing::Test {
  protected:
    /// Runs a test's coroutine with the loop's executor.
    template <class Body>
    void go(Body body) {
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            co_await body(executor);
        };
        loop.run(task());
    }
    /// Takes a session (or one of each), holds it for a while, and gives it back.
    static awaitable<void> use(Sessions& sessions, unsigned times, std::vector<int>* order, int name) {
        for (unsigned i = 0; i < times; ++i) {
            const auto lease = co_await sessions.take();
            if (order != nullptr) order->push_back(name);
            co_await turns(3);
        }
    }
    static awaitable<void> use_both(Sessions& one, Sessions& other, unsigned times, unsigned& done) {
        for (unsigned i = 0; i < times; ++i) {
            const auto both = co_await Sessions::take_both(one, other);
            EXPECT_NE(&both.first.files(), &both.second.files());
            co_await turns(3);
            ++done;
        }
    }

    test::Loop loop;
    Host host;
};

TEST_F(SharedSessions, places_on_one_server_share_its_budget) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 3u);
        Sessions one(executor, host.opener(), 8, {}, server), other(executor, host.opener(), 8, {}, server);
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 10; ++i)
            tasks.push_back(use(i % 2 == 0 ? one : other, 5, nullptr, 0));
        co_await run_together(std::move(tasks));
        EXPECT_EQ(host.most_open, 3u);
    });
}

TEST_F(SharedSessions, two_at_once_are_all_or_nothing_so_that_nobody_waits_in_a_circle) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 2u);
        Sessions one(executor, host.opener(), 8, {}, server), other(executor, host.opener(), 8, {}, server);
        unsigned done = 0;
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 8; ++i) {
            tasks.push_back(use_both(one, other, 5, done));
            tasks.push_back(use_both(other, one, 5, done));
            tasks.push_back(use_both(one, one, 5, done));
            tasks.push_back(use(other, 5, nullptr, 0));
        }
        co_await run_together(std::move(tasks));
        EXPECT_EQ(done, 8u * 15u);
        EXPECT_LE(host.most_open, 2u);
    });
}

TEST_F(SharedSessions, two_servers_are_taken_in_one_order_whichever_is_the_source) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions one(executor, host.opener(), 1), other(executor, host.opener(), 1);
        unsigned done = 0;
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 8; ++i) {
            tasks.push_back(use_both(one, other, 5, done));
            tasks.push_back(use_both(other, one, 5, done));
        }
        co_await run_together(std::move(tasks));
        EXPECT_EQ(done, 80u);
    });
}

TEST_F(SharedSessions, two_of_a_server_that_may_have_one_session_fail_with_the_setting_to_change) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 1u);
        Sessions sessions(executor, host.opener(), 8, {}, server);
        unsigned done = 0;
        const auto failure = co_await caught(use_both(sessions, sessions, 1, done));
        EXPECT_EQ(failure->code, ErrorCode::invalid_argument);
        EXPECT_THAT(failure->hint, testing::HasSubstr("maxSessions"));
    });
}

TEST_F(SharedSessions, two_of_a_server_that_grants_one_session_fail_and_do_not_hang) {
    host.admits = 1;
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 8);
        unsigned done = 0;
        const auto failure = co_await caught(use_both(sessions, sessions, 1, done));
        EXPECT_EQ(failure->code, ErrorCode::server_busy);
        co_await use(sessions, 3, nullptr, 0);
    });
}

TEST_F(SharedSessions, one_session_that_can_do_several_things_is_enough_for_two) {
    host.places = 4;
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 1u);
        Sessions sessions(executor, host.opener(), 1, {}, server);
        const auto [a, b] = co_await Sessions::take_both(sessions, sessions);
        EXPECT_EQ(&a.files(), &b.files());
    });
}

TEST_F(SharedSessions, those_who_wait_are_served_in_turn) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 1);
        std::vector<int> order;
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 4; ++i)
            tasks.push_back(use(sessions, 2, &order, i));
        co_await run_together(std::move(tasks));
        EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 0, 1, 2, 3));
    });
}

TEST_F(SharedSessions, a_server_that_admits_three_serves_sixteen_with_three) {
    host.admits = 3;
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 16);
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 16; ++i)
            tasks.push_back(use(sessions, 20, nullptr, 0));
        co_await run_together(std::move(tasks));
        EXPECT_EQ(host.opened, 3u);
        EXPECT_EQ(sessions.most(), 3u);
    });
}

TEST_F(SharedSessions, the_only_session_is_waited_for_when_the_server_is_busy) {
    host.admits = 0;
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 4u, Patience{.retries = 3, .first_wait = 1ms});
        unsigned attempts = 0;
        auto counting = [&, open = host.opener()]() -> awaitable<std::shared_ptr<FileSystem>> {
            if (++attempts == 3) host.admits = 1;
            co_return co_await open();
        };
        Sessions sessions(executor, counting, 4, {}, server);
        co_await use(sessions, 1, nullptr, 0);
        EXPECT_EQ(attempts, 3u);
    });
}

TEST_F(SharedSessions, a_session_that_was_idle_is_asked_whether_it_still_answers) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 4u);
        auto now = std::chrono::steady_clock::now();
        server->clock = [&] { return now; };
        Sessions sessions(executor, host.opener(), 1, {}, server);
        co_await use(sessions, 2, nullptr, 0);
        EXPECT_EQ(host.pings, 0u);
        now += 30s;
        co_await use(sessions, 2, nullptr, 0);
        EXPECT_EQ(host.pings, 1u);
        host.answers_pings = false;
        now += 30s;
        co_await use(sessions, 1, nullptr, 0);
        EXPECT_EQ(host.opened, 2u) << "what does not answer is replaced";
        EXPECT_EQ(host.open, 1u);
    });
}

TEST_F(SharedSessions, a_session_that_the_server_has_ended_is_not_handed_out) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 2);
        co_await use(sessions, 1, nullptr, 0);
        host.hung_up.insert(1);
        co_await use(sessions, 2, nullptr, 0);
        EXPECT_EQ(host.opened, 2u);
        EXPECT_EQ(host.open, 1u) << "the place at the server is free again";
        EXPECT_EQ(host.pings, 0u);
    });
}

TEST_F(SharedSessions, a_session_that_others_use_is_not_handed_out_either_once_it_has_ended) {
    host.places = 4;
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 2);
        {
            const auto first = co_await sessions.take();
            host.hung_up.insert(1);
            const auto second = co_await sessions.take();
            EXPECT_NE(&first.files(), &second.files());
            EXPECT_EQ(host.open, 2u);
        }
        EXPECT_EQ(host.open, 1u);
    });
}

TEST_F(SharedSessions, only_one_that_was_kept_can_have_ended_before_it_was_taken) {
    const auto lost = Error(ErrorCode::connection_lost, "Gone.").ends_session();
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Sessions sessions(executor, host.opener(), 1);
        {
            auto lease = co_await sessions.take();
            host.hung_up.insert(1);
            EXPECT_FALSE(lease.failed(lost)) << "it was new";
        }
        co_await use(sessions, 1, nullptr, 0);
        {
            auto lease = co_await sessions.take();
            EXPECT_FALSE(lease.failed(Error(ErrorCode::not_found, "No."))) << "it answered";
            EXPECT_FALSE(lease.failed(Error(ErrorCode::timeout, "Slow.").ends_session()));
        }
        co_await use(sessions, 1, nullptr, 0);
        auto lease = co_await sessions.take();
        host.hung_up.insert(3);
        EXPECT_TRUE(lease.failed(lost));
    });
}

/// The first log-in succeeds; what the others do is up to the test.
struct Dropping {
    Host& host;
    asio::any_io_executor executor;
    Event released{executor};
    std::optional<Error> refusal{};
    bool answers = false;
    unsigned begun = 0;

    Sessions::Opener opener() {
        return [this]() -> awaitable<std::shared_ptr<FileSystem>> {
            if (begun++ > 0)
                while (!answers)
                    co_await released.wait();
            if (refusal && begun > 1) throw Error(*refusal);
            co_return co_await host.opener()();
        };
    }
    void release() {
        answers = true;
        released.notify_all();
    }
};

TEST_F(SharedSessions, nobody_waits_for_a_log_in_that_the_server_dropped_while_another_session_is_free) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Dropping server{host, executor};
        Sessions sessions(executor, server.opener(), 4);
        std::vector<int> order;
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 6; ++i)
            tasks.push_back(use(sessions, 5, &order, i));
        co_await run_together(std::move(tasks));
        EXPECT_EQ(order.size(), 30u);
        EXPECT_EQ(host.opened, 1u);
        EXPECT_EQ(server.begun, 4u);
        co_await sessions.close();  // does not wait for them either
        EXPECT_EQ(host.open, 0u);
    });
}

TEST_F(SharedSessions, a_log_in_that_nobody_waited_for_serves_the_next) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Dropping server{host, executor};
        Sessions sessions(executor, server.opener(), 2);
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 2; ++i)
            tasks.push_back(use(sessions, 2, nullptr, 0));
        co_await run_together(std::move(tasks));
        server.release();
        co_await turns(5);
        EXPECT_EQ(host.opened, 2u);
        const auto first = co_await sessions.take(), second = co_await sessions.take();
        EXPECT_NE(&first.files(), &second.files());
        EXPECT_EQ(server.begun, 2u);
    });
}

TEST_F(SharedSessions, a_refusal_that_nobody_waited_for_is_not_asked_for_again) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Dropping server{host, executor};
        server.refusal = Error(ErrorCode::authentication_failed, "No.");
        Sessions sessions(executor, server.opener(), 2);
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 2; ++i)
            tasks.push_back(use(sessions, 2, nullptr, 0));
        co_await run_together(std::move(tasks));
        server.release();
        co_await turns(5);
        std::vector<awaitable<void>> more;
        for (int i = 0; i < 4; ++i)
            more.push_back(use(sessions, 2, nullptr, 0));
        co_await run_together(std::move(more));
        EXPECT_EQ(server.begun, 2u);
        EXPECT_EQ(sessions.most(), 1u);
    });
}

TEST_F(SharedSessions, whoever_stops_waiting_for_a_log_in_ends_it) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        Dropping server{host, executor};
        server.begun = 1;
        Sessions sessions(executor, server.opener(), 2);
        const auto fails = []() -> awaitable<void> {
            co_await turns(3);
            throw Error(ErrorCode::internal, "Somebody else fails.");
        };
        std::vector<awaitable<void>> tasks;
        tasks.push_back(use(sessions, 1, nullptr, 0));
        tasks.push_back(fails());
        const auto failure = co_await caught(run_together(std::move(tasks)));
        EXPECT_EQ(failure ? failure->code : ErrorCode::timeout, ErrorCode::internal);
        EXPECT_EQ(host.opened, 0u);
    });
}

TEST_F(SharedSessions, sessions_that_nobody_uses_for_long_are_closed) {
    go([&](asio::any_io_executor executor) -> awaitable<void> {
        auto server = std::make_shared<Server>(executor, 4u);
        auto now = std::chrono::steady_clock::now();
        server->clock = [&] { return now; };
        Sessions sessions(executor, host.opener(), 3, {}, server);
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 3; ++i)
            tasks.push_back(use(sessions, 1, nullptr, 0));
        co_await run_together(std::move(tasks));
        EXPECT_EQ(host.open, 3u);
        now += 10min;
        co_await use(sessions, 1, nullptr, 0);
        EXPECT_EQ(host.open, 1u);
    });
}

}  // namespace
}  // namespace fairlead::transfer
