// Names are bytes: what is written under a name is there under exactly that name, listed under it, read,
// renamed and removed by it.
#include "conformance/conformance.hpp"

namespace fairlead::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ConformanceOfNames : public Conformance {
  protected:
    void expect_whole_life_of(const std::string& name) {
        const auto path = "/" + name;
        write(path, "content");
        EXPECT_EQ(far().get(path), "content") << "not on the far side under this name";
        EXPECT_THAT(names("/"), ElementsAre(name));
        EXPECT_EQ(stat(path).size, 7u);
        EXPECT_EQ(stat(path).name, name);
        EXPECT_EQ(read(path), "content");
        rename(path, "/plain");
        rename("/plain", path);
        remove(path);
        EXPECT_THAT(names("/"), IsEmpty());
        make_directory(path);
        EXPECT_EQ(stat(path).type, EntryType::directory);
        EXPECT_THAT(names("/"), ElementsAre(name));
        remove_directory(path);
        EXPECT_THAT(names("/"), IsEmpty());
    }
};
INSTANTIATE_TEST_SUITE_P(On, ConformanceOfNames, testing::ValuesIn(targets()),
                         [](const auto& info) { return info.param.name; });

TEST_P(ConformanceOfNames, spaces_inside) {
    expect_whole_life_of("a name  with spaces.txt");
}
TEST_P(ConformanceOfNames, leading_spaces) {
    expect_whole_life_of("  leading");
}
TEST_P(ConformanceOfNames, quotes) {
    expect_whole_life_of(R"(it's "quoted" twice"")");
}
TEST_P(ConformanceOfNames, an_arrow_as_in_listings_of_links) {
    expect_whole_life_of("from -> to");
}
TEST_P(ConformanceOfNames, utf8) {
    expect_whole_life_of("Größe – данные – 資料.txt");
}
TEST_P(ConformanceOfNames, decomposed_utf8_stays_decomposed) {
    expect_whole_life_of("Gro\xcc\x88\xc3\x9f-e");
}
TEST_P(ConformanceOfNames, question_marks_and_brackets) {
    expect_whole_life_of("a?b[c]{d}");
}
TEST_P(ConformanceOfNames, a_leading_dash) {
    expect_whole_life_of("-rf");
}
TEST_P(ConformanceOfNames, a_leading_tilde) {
    expect_whole_life_of("~root");
}
TEST_P(ConformanceOfNames, percent_and_format_letters) {
    expect_whole_life_of("100%s%n%%");
}
TEST_P(ConformanceOfNames, semicolons_and_equals_as_in_mlsd_facts) {
    expect_whole_life_of("type=dir; size=1; x");
}
TEST_P(ConformanceOfNames, very_long) {
    expect_whole_life_of(std::string(200, 'n') + ".txt");
}
TEST_P(ConformanceOfNames, looks_like_a_reply) {
    expect_whole_life_of("226 Transfer complete");
}
TEST_P(ConformanceOfNames, bytes_that_are_no_utf8) {
    expect_whole_life_of("latin-\xe4\xf6\xfc.txt");
}

TEST_P(ConformanceOfNames, the_byte_that_telnet_would_double) {
    expect_whole_life_of("a\xff-");
}

TEST_P(ConformanceOfNames, trailing_spaces) {
    if (!deviates(Deviation::names_are_sanitised)) return expect_whole_life_of("trailing  ");
    write("/trailing  ", "content");
    EXPECT_EQ(far().get("/trailing__"), "content");
}

TEST_P(ConformanceOfNames, a_tab_inside) {
    if (!deviates(Deviation::names_are_sanitised)) return expect_whole_life_of("a\tb");
    write("/a\tb", "content");
    EXPECT_EQ(far().get("/a_b"), "content");
}

TEST_P(ConformanceOfNames, backslashes) {
    if (!deviates(Deviation::names_are_sanitised)) return expect_whole_life_of(R"(a\b\\c)");
    EXPECT_NE(error_of([&] { write(R"(/a\b)", "content"); }), "no error");
    EXPECT_THAT(names("/"), IsEmpty());
}

TEST_P(ConformanceOfNames, stars) {
    if (!deviates(Deviation::no_stars_in_directory_names)) return expect_whole_life_of("a*b");
    EXPECT_NE(error_of([&] { make_directory("/a*b"); }), "no error");
    write("/a*b", "content");
    EXPECT_EQ(far().get("/a*b"), "content");
    EXPECT_THAT(names("/"), ElementsAre("a*b"));
}

TEST_P(ConformanceOfNames, control_bytes_are_refused_before_anything_is_sent) {
    far().put("/victim", "alive");
    std::vector<std::string> bad_names{std::string("/a\0b", 4)};
    if (!deviates(Deviation::line_breaks_are_plain_bytes))
        bad_names.insert(bad_names.end(), {"/a\r\nDELE victim", "/a\nb", "/a\rb"});
    for (const auto& bad : bad_names) {
        EXPECT_EQ(error_of([&] { stat(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { list(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { read(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { write(bad, "x"); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { rename("/victim", bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { rename(bad, "/b"); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { remove(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { make_directory(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { remove_directory(bad); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { loop_.run(files().set_modified(bad, Time{})); }), "invalid_argument");
        EXPECT_EQ(error_of([&] { loop_.run(files().set_mode(bad, 0600)); }), "invalid_argument");
    }
    EXPECT_THAT(names("/"), ElementsAre("victim"));
    EXPECT_EQ(read("/victim"), "alive");
    if (deviates(Deviation::line_breaks_are_plain_bytes)) {
        remove("/victim");
        expect_whole_life_of("a\r\nb\nc");
    }
}

}  // namespace
}  // namespace fairlead::test
