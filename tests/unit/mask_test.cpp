#include "base/mask.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"
#include "remote/jail_file_system.hpp"
#include "remote/memory_file_system.hpp"
#include "support/run.hpp"

namespace fairlead {
namespace {

Mask mask_of(std::vector<std::string_view> values) {
    std::vector<Secret> secrets;
    for (const auto value : values)
        secrets.emplace_back(value);
    return Mask(std::move(secrets));
}

TEST(Mask, hides_a_value_wherever_it_stands_and_in_any_case) {
    const auto mask = mask_of({"Alpha9"});
    EXPECT_EQ(mask.hidden("no Alpha9, xAlpha9x, ALPHA9alpha9."), "no ***, x***x, ******.");
    EXPECT_EQ(mask.hidden("Alpha"), "Alpha");
    EXPECT_EQ(mask.hidden(""), "");
    EXPECT_EQ(Mask().hidden("Alpha9"), "Alpha9");
}

TEST(Mask, hides_the_longest_value_first) {
    EXPECT_EQ(mask_of({"alpha", "alpha.local"}).hidden("alpha.local alpha"), "*** ***");
}

TEST(Mask, hides_a_short_value_only_where_it_stands_alone) {
    const auto mask = mask_of({"21", "a", ""});
    EXPECT_EQ(mask.hidden("port 21: 213 221 (21) a file at A/b"), "port ***: 213 221 (***) *** file at ***/b");
    EXPECT_EQ(mask.hidden("\xc3\xa4" "a"), "\xc3\xa4" "a") << "a letter of more bytes stands before it";
}

TEST(Mask, knows_a_directory_with_and_without_its_slashes) {
    EXPECT_EQ(mask_of({"/home/partner/"}).hidden("CWD /home/partner"), "CWD /***");
    EXPECT_EQ(mask_of({"/"}).hidden("/in/a"), "/in/a") << "the root is no secret";
}

TEST(Mask, hides_in_every_text_of_an_error) {
    auto error = Error(ErrorCode::not_found, "a Alpha9").at("s Alpha9").on("/Alpha9").replied("550 Alpha9").hinting("Alpha9?");
    error.faults.push_back({"host", "Alpha9", "is Alpha9"});
    mask_of({"Alpha9"}).hide(error);
    EXPECT_EQ(error.message, "a ***");
    EXPECT_EQ(error.step, "s ***");
    EXPECT_EQ(error.path, "/***");
    EXPECT_EQ(error.server_reply, "550 ***");
    EXPECT_EQ(error.hint, "***?");
    EXPECT_EQ(error.faults.front().value, "***");
    EXPECT_EQ(error.faults.front().problem, "is ***");
}

TEST(Mask, what_a_confined_session_says_is_masked) {
    test::Loop loop;
    const auto store = std::make_shared<MemoryStore>();
    store->put("/Alpha9/in/a", "x");
    auto words = std::make_shared<const Mask>(mask_of({"Alpha9"}));
    const auto files = confine_to(std::make_unique<MemoryFileSystem>(store), "/", words);
    try {
        loop.run(files->stat("/Alpha9/none"));
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.message.find("Alpha9"), std::string::npos) << error.message;
        EXPECT_EQ(error.path.find("Alpha9"), std::string::npos) << error.path;
    }
    EXPECT_EQ(loop.run(files->stat("/Alpha9/in")).name, "in") << "what is found is data, and stays as it is";
}

}  // namespace
}  // namespace fairlead
