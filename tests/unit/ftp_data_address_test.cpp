#include "ftp/data_address.hpp"

#include <gtest/gtest.h>

#include "fairlead/error.hpp"

namespace fairlead::ftp {
namespace {

Reply reply(int code, std::string line) {
    Reply result;
    result.code = code;
    result.lines.push_back(std::move(line));
    return result;
}

TEST(FtpDataAddress, landmine_26_pasv_replies_as_servers_write_them) {
    for (const auto* line :
         {"227 Entering Passive Mode (192,168,1,2,195,80).", "227 Entering Passive Mode 192,168,1,2,195,80",
          "227 Entering Passive Mode (192,168,1,2,195,80", "227 192,168,1,2,195,80",
          "227 =192,168,1,2,195,80", "227 Entering Passive Mode ( 192, 168, 1 ,2, 195, 80 )",
          "227 (192.168.1.2,195,80)", "227 Mode 1 for 2 users: 192,168,1,2,195,80"}) {
        const auto address = parse_pasv(reply(227, line));
        EXPECT_EQ(address.host, "192.168.1.2") << line;
        EXPECT_EQ(address.port, 50000) << line;
    }
}

TEST(FtpDataAddress, landmine_26_pasv_replies_that_name_no_address_are_refused) {
    for (const auto* line :
         {"227 Entering Passive Mode", "227 (1,2,3,4,5)", "227 (256,1,1,1,1,1)", "227 (1,2,3,4,300,1)",
          "227 (1,2,3,4,0,0)", "227 (99999999999,2,3,4,5,6)", "227 (1,2,3,4,,6)"}) {
        try {
            parse_pasv(reply(227, line));
            ADD_FAILURE() << line;
        } catch (const Error& error) {
            EXPECT_EQ(error.code, ErrorCode::protocol_error);
            EXPECT_EQ(error.server_reply, line);
        }
    }
}

TEST(FtpDataAddress, epsv_with_any_delimiter) {
    for (const auto* line :
         {"229 Entering Extended Passive Mode (|||6446|)", "229 ok (!!!6446!)", "229 ok |||6446|",
          "229 (|1|10.0.0.1|6446|)", "229 Extended, passive, mode (|||6446|)"})
        EXPECT_EQ(parse_epsv(reply(229, line)), 6446) << line;
    for (const auto* line :
         {"229 Entering", "229 (|||0|)", "229 (|||65536|)", "229 (|||x|)", "229 (|||6446)", "229 (||6446|)"})
        EXPECT_THROW(parse_epsv(reply(229, line)), Error) << line;
}

TEST(FtpDataAddress, port_and_eprt) {
    EXPECT_EQ(port_argument("132.235.1.2", 6275), "132,235,1,2,24,131");
    EXPECT_EQ(port_argument("::ffff:10.0.0.1", 256), "10,0,0,1,1,0");
    EXPECT_EQ(eprt_argument("132.235.1.2", 6275), "|1|132.235.1.2|6275|");
    EXPECT_EQ(eprt_argument("1080::8:800:200C:417A", 5282), "|2|1080::8:800:200c:417a|5282|");
    EXPECT_EQ(eprt_argument("fe80::1%eth0", 1), "|2|fe80::1|1|");
    EXPECT_THROW(port_argument("::1", 1), Error);
    EXPECT_THROW(eprt_argument("host.example", 1), Error);
}

TEST(FtpDataAddress,
     landmine_26_the_control_peer_is_used_unless_another_address_is_trusted_and_can_be_meant) {
    const auto choose = [](std::string announced, std::string_view peer, bool trust) {
        return choose_data_address({std::move(announced), 2000}, peer, trust).host;
    };
    EXPECT_EQ(choose("198.51.100.7", "203.0.113.9", false), "203.0.113.9");
    EXPECT_EQ(choose("198.51.100.7", "203.0.113.9", true), "198.51.100.7");
    EXPECT_EQ(choose("0.0.0.0", "203.0.113.9", true), "203.0.113.9");
    EXPECT_EQ(choose("10.0.0.5", "203.0.113.9", true), "203.0.113.9");
    EXPECT_EQ(choose("127.0.0.1", "203.0.113.9", true), "203.0.113.9");
    EXPECT_EQ(choose("10.0.0.5", "10.0.0.1", true), "10.0.0.5");
    EXPECT_EQ(choose("", "2001:db8::1", true), "2001:db8::1");
}

TEST(FtpDataAddress, addresses_compare_by_value) {
    EXPECT_TRUE(same_address("::ffff:10.0.0.1", "10.0.0.1"));
    EXPECT_TRUE(same_address("2001:DB8::1", "2001:db8:0::1"));
    EXPECT_FALSE(same_address("10.0.0.1", "10.0.0.2"));
    EXPECT_FALSE(same_address("garbage", "garbage"));
}

}  // namespace
}  // namespace fairlead::ftp
