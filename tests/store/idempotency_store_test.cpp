#include "store/idempotency_store.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include "any_store.hpp"

namespace fairlead::store {
namespace {

using namespace std::chrono_literals;

class IdempotencyStoreTest : public AnyStore {
  protected:
    IdempotencyStore& keys() { return store().idempotency(); }
    const Time now_{std::chrono::milliseconds(1'700'000'000'000)};
};

INSTANTIATE_TEST_SUITE_P(, IdempotencyStoreTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(IdempotencyStoreTest, an_answer_is_given_again_until_it_expires) {
    EXPECT_FALSE(keys().begin("ann", "k", "request", now_, now_ + 60s));
    const auto at_work = keys().begin("ann", "k", "request", now_ + 1s, now_ + 61s);
    ASSERT_TRUE(at_work);
    EXPECT_EQ(at_work->request, "request");
    EXPECT_FALSE(at_work->answer);
    EXPECT_FALSE(keys().begin("ben", "k", "another", now_, now_ + 60s));  // of another token

    const GivenAnswer answer{201, {{"ETag", "\"a\""}, {"Location", "/v1/\"x\""}}, std::string("a\0b\xff", 4)};
    keys().finish("ann", "k", answer, now_ + 24h);
    const auto done = keys().begin("ann", "k", "changed", now_ + 23h, now_ + 24h);
    ASSERT_TRUE(done && done->answer);
    EXPECT_EQ(done->request, "request");
    EXPECT_EQ(done->answer->status, 201U);
    EXPECT_EQ(done->answer->headers, answer.headers);
    EXPECT_EQ(done->answer->body, answer.body);
    EXPECT_FALSE(keys().begin("ann", "k", "changed", now_ + 24h, now_ + 25h));
    EXPECT_EQ(keys().begin("ann", "k", "changed", now_ + 24h, now_ + 25h)->request, "changed");
}

TEST_P(IdempotencyStoreTest, who_is_at_work_keeps_the_key_and_who_failed_gives_it_back) {
    EXPECT_FALSE(keys().begin("ann", "k", "request", now_, now_ + 60s));
    keys().extend("ann", "k", now_ + 120s);
    EXPECT_TRUE(keys().begin("ann", "k", "request", now_ + 90s, now_ + 150s));
    keys().forget("ann", "k");
    EXPECT_FALSE(keys().begin("ann", "k", "request", now_ + 90s, now_ + 150s));
    keys().forget_expired(now_ + 149s);
    EXPECT_TRUE(keys().begin("ann", "k", "request", now_ + 90s, now_ + 150s));
    keys().forget_expired(now_ + 150s);
    EXPECT_FALSE(keys().begin("ann", "k", "request", now_ + 90s, now_ + 150s));
}

TEST_P(IdempotencyStoreTest, of_many_at_once_one_answers) {
    constexpr int kAsking = 6;
    std::atomic<int> answering = 0;
    std::latch ready(kAsking);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kAsking; ++i)
        threads.emplace_back([&] {
            const auto own = open(where());
            ready.arrive_and_wait();
            if (!own->idempotency().begin("ann", "k", "request", now_, now_ + 60s)) ++answering;
        });
    threads.clear();
    EXPECT_EQ(answering, 1);
}

}  // namespace
}  // namespace fairlead::store
