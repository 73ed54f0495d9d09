#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "remote/memory_file_system.hpp"
#include "service/preview/preview.hpp"
#include "support/run.hpp"

namespace fairlead::service::preview {
namespace {

using ::testing::ElementsAre;
using Format = Preview::Format;

std::string deflated(std::string_view text, int window) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string bzip2(std::string text) {
    std::string packed(text.size() + 1000, '\0');
    auto size = static_cast<unsigned>(packed.size());
    BZ2_bzBuffToBuffCompress(packed.data(), &size, text.data(), static_cast<unsigned>(text.size()), 9, 0, 0);
    packed.resize(size);
    return packed;
}

std::vector<std::string> names(const Preview& found) {
    std::vector<std::string> all;
    for (const auto& column : found.columns)
        all.push_back(column.name + ":" + column.type);
    return all;
}

constexpr std::string_view kPeople =
    "Id,Name,Born\r\n1,\"Smith, Anna\",2001-02-03\r\n2,\"O\"\"Hara\",1999-12-31\r\n";

TEST(Preview, finds_out_how_a_table_is_written) {
    const auto found = look_at(kPeople, true, "people.csv", {});
    EXPECT_EQ(found.format, Format::delimited);
    EXPECT_EQ(found.dialect->delimiter, ',');
    EXPECT_TRUE(found.header);
    EXPECT_THAT(names(found), ElementsAre("Id:integer", "Name:string", "Born:date"));
    EXPECT_THAT(found.rows,
                ElementsAre(Record{"1", "Smith, Anna", "2001-02-03"}, Record{"2", "O\"Hara", "1999-12-31"}));
    EXPECT_TRUE(found.complete);
    EXPECT_EQ(found.encoding.name, "UTF-8");
}

TEST(Preview, tells_delimiters_apart) {
    EXPECT_EQ(look_at("a;b;c\n1,5;2,5;3\n", true, "x", {}).dialect->delimiter, ';');
    EXPECT_EQ(look_at("a\tb\n1\t2, or 3\n", true, "x", {}).dialect->delimiter, '\t');
    EXPECT_EQ(look_at("a|b|c\n1|2|3\n4|5|6\n", true, "x", {}).dialect->delimiter, '|');
    EXPECT_EQ(look_at("a~b\n1~2\n", true, "x", {}).dialect->delimiter, '~');
    EXPECT_EQ(look_at("'a';'b'\n'1;2';'x'\n", true, "x", {}).dialect->quote, '\'');
}

TEST(Preview, takes_prose_and_json_for_what_they_are) {
    const auto prose =
        look_at("Dear reader,\nthis is a letter: short\nand without columns.\n", true, "x", {});
    EXPECT_EQ(prose.format, Format::text);
    EXPECT_EQ(prose.lines.size(), 3u);
    const auto json = look_at("{\"a\": 1, \"b\": 2}\n{\"a\": 2, \"b\": 3}\n", true, "x", {});
    EXPECT_EQ(json.format, Format::json);
    EXPECT_EQ(look_at(std::string_view("\x7f"
                                       "ELF\0\0\1",
                                       7),
                      true, "x", {})
                  .format,
              Format::binary);
}

TEST(Preview, knows_whether_the_first_row_is_a_header) {
    EXPECT_FALSE(look_at("1,2\n3,4\n", true, "x", {}).header);
    EXPECT_FALSE(look_at("anna@example.com,Berlin\njo@example.com,Paris\n", true, "x", {}).header);
    EXPECT_TRUE(look_at("City,Country\nParis,France\nRome,Italy\n", true, "x", {}).header);
    EXPECT_FALSE(look_at("Paris,France\nRome,Italy\nParis,Texas\n", true, "x", {}).header);
    Options options;
    options.header = false;
    EXPECT_THAT(names(look_at("a,b\n1,2\n", true, "x", options)),
                ElementsAre("column1:string", "column2:string"));
}

TEST(Preview, reads_every_encoding) {
    EXPECT_TRUE(look_at("\xef\xbb\xbf"
                        "a,b\n1,2\n",
                        true, "x", {})
                    .encoding.bom);
    EXPECT_THAT(names(look_at("\xef\xbb\xbf"
                              "a,b\n1,2\n",
                              true, "x", {})),
                ElementsAre("a:integer", "b:integer"));
    const auto latin = look_at("name;age\nJ\xf6rg;41\n", true, "x", {});
    EXPECT_EQ(latin.encoding.name, "ISO-8859-1");
    EXPECT_EQ(latin.rows[0][0], "J\xc3\xb6rg");
    EXPECT_EQ(look_at("name;sum\nx;5 \x80\n", true, "x", {}).rows[0][1], "5 \xe2\x82\xac");
    const std::string wide(
        "\xff\xfe"
        "a\0,\0b\0\n\0"
        "1\0,\0"
        "2\0\n\0",
        18);
    EXPECT_THAT(look_at(wide, true, "x", {}).rows, ElementsAre(Record{"1", "2"}));
    // Cut off in the middle of a character it still is UTF-8.
    EXPECT_EQ(look_at("a,\xc3\xa4\nb,\xc3", false, "x", {}).encoding.name, "UTF-8");
}

TEST(Preview, unpacks_what_is_compressed) {
    const auto rows = look_at(kPeople, true, "x", {}).rows;
    const auto gzip = look_at(deflated(kPeople, 31), true, "x", {});
    EXPECT_EQ(gzip.compression, Compression::gzip);
    EXPECT_EQ(gzip.rows, rows);
    const std::string two = deflated(kPeople.substr(0, 30), 31) + deflated(kPeople.substr(30), 31);
    EXPECT_EQ(look_at(two, true, "x", {}).rows, rows);
    EXPECT_EQ(look_at(bzip2(std::string(kPeople)), true, "x", {}).rows, rows);
    EXPECT_EQ(look_at(deflated(kPeople, 15), true, "x.deflate", {}).rows, rows);
    Options raw;
    raw.compression = Compression::deflate;
    EXPECT_EQ(look_at(deflated(kPeople, -15), true, "x", raw).rows, rows);
    Options wrong;
    wrong.compression = Compression::bzip2;
    EXPECT_THROW(look_at(kPeople, true, "x", wrong), Error);
}

TEST(Preview, leaves_out_what_was_cut_off_and_says_so) {
    const auto found = look_at("a,b\n1,2\n3,", false, "x", {});
    EXPECT_THAT(found.rows, ElementsAre(Record{"1", "2"}));
    EXPECT_FALSE(found.complete);
    Options few;
    few.rows = 1;
    EXPECT_FALSE(look_at("a,b\n1,2\n3,4\n", true, "x", few).complete);
    EXPECT_EQ(look_at("a,b\n1,2\n3,4\n", true, "x", few).rows.size(), 1u);
}

TEST(Preview, reads_only_the_beginning_of_a_large_file) {
    const auto store = std::make_shared<MemoryStore>();
    std::string large = "id,text\n";
    while (large.size() < 3'000'000)
        large += std::to_string(large.size()) + ",some text\n";
    store->put("/large.csv", large);
    MemoryFileSystem files(store);
    test::Loop loop;
    const auto found = loop.run(preview(files, "/large.csv", {}));
    EXPECT_EQ(found.rows.size(), 20u);
    EXPECT_FALSE(found.complete);
    EXPECT_LT(found.bytes_read, 1'000'000u);
    store->put("/bomb.gz", deflated(std::string(20'000'000, 'x'), 31));
    const auto bomb = loop.run(preview(files, "/bomb.gz", {}));
    EXPECT_EQ(bomb.format, Format::text);
    EXPECT_EQ(bomb.lines[0].size(), Options{}.bytes);
    store->put("/empty", "");
    EXPECT_TRUE(loop.run(preview(files, "/empty", {})).complete);
}

TEST(Preview, refuses_options_that_cannot_be) {
    EXPECT_THROW(parse_delimiter("ab"), Error);
    EXPECT_EQ(parse_delimiter("\\t"), '\t');
    EXPECT_THROW(parse_header("perhaps"), Error);
    Options none;
    none.rows = 0;
    EXPECT_THROW(look_at("a", true, "x", none), Error);
}

}  // namespace
}  // namespace fairlead::service::preview
