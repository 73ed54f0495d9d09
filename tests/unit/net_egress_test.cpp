#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>

#include "fairlead/endpoint.hpp"
#include "net/egress.hpp"
#include "net/tcp.hpp"
#include "support/run.hpp"

namespace fairlead::net {
namespace {

bool refused(const EgressPolicy& policy, std::string_view host, const char* address) {
    return !policy.refusal(host, boost::asio::ip::make_address(address)).empty();
}

TEST(Egress, refuses_metadata_and_link_local_addresses_in_every_form_by_default) {
    const EgressPolicy policy({}, {});
    for (const auto* address :
         {"169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "0.0.0.0",
          "::", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"})
        EXPECT_TRUE(refused(policy, "innocent.example", address)) << address;
    for (const auto* address : {"127.0.0.1", "10.1.2.3", "93.184.216.34", "2001:db8::1", "::1", "fec0::1"})
        EXPECT_FALSE(refused(policy, "innocent.example", address)) << address;
}

TEST(Egress, lets_metadata_through_only_where_it_is_named_itself) {
    EXPECT_TRUE(refused(EgressPolicy({"0.0.0.0/0"}, {}), "x", "169.254.169.254"));
    EXPECT_TRUE(refused(EgressPolicy({"innocent.example"}, {}), "innocent.example", "169.254.169.254"));
    EXPECT_FALSE(refused(EgressPolicy({"169.254.10.0/24"}, {}), "x", "169.254.10.1"));
    EXPECT_TRUE(refused(EgressPolicy({"169.254.10.0/24"}, {}), "x", "169.254.11.1"));
}

TEST(Egress, knows_networks_of_any_length_and_names_with_a_star) {
    const EgressPolicy policy({"10.0.0.0/9", "2001:db8::/33", "*.partner.example", "Ftp.Example.com."},
                              {"10.5.0.0/16"});
    EXPECT_FALSE(refused(policy, "x", "10.127.255.255"));
    EXPECT_TRUE(refused(policy, "x", "10.128.0.0"));
    EXPECT_TRUE(refused(policy, "x", "10.5.1.1"));
    EXPECT_FALSE(refused(policy, "x", "2001:db8:7fff::1"));
    EXPECT_TRUE(refused(policy, "x", "2001:db8:8000::1"));
    EXPECT_FALSE(refused(policy, "in.partner.example", "1.2.3.4"));
    EXPECT_FALSE(refused(policy, "ftp.example.com", "1.2.3.4"));
    EXPECT_TRUE(refused(policy, "partner.example", "1.2.3.4"));
    EXPECT_TRUE(refused(policy, "evilpartner.example", "1.2.3.4"));
    EXPECT_TRUE(refused(policy, "in.partner.example", "10.5.1.1"));
}

TEST(Egress, judges_names_that_only_a_proxy_can_look_up_by_the_name) {
    EXPECT_TRUE(EgressPolicy({}, {}).refusal_through_proxy("ftp.example.com").empty());
    EXPECT_FALSE(EgressPolicy({}, {}).refusal_through_proxy("169.254.169.254").empty());
    EXPECT_FALSE(EgressPolicy({}, {}).refusal_through_proxy("metadata.google.internal").empty());
    EXPECT_FALSE(EgressPolicy({"10.0.0.0/8"}, {}).refusal_through_proxy("ftp.example.com").empty());
    EXPECT_TRUE(EgressPolicy({"10.0.0.0/8"}, {}).refusal_through_proxy("10.0.0.1").empty());
}

TEST(Egress, names_the_rule_that_cannot_be_read) {
    for (const auto* rule : {"10.0.0.0/33", "10.0.0/8", "a b", "", "http://x", "*"}) {
        try {
            EgressPolicy({}, {rule});
            ADD_FAILURE() << rule;
        } catch (const Error& error) {
            ASSERT_EQ(error.faults.size(), 1U);
            EXPECT_EQ(error.faults[0].field, "egress-deny");
        }
    }
}

class EgressDial : public testing::Test {
  protected:
    void TearDown() override { set_egress_policy(nullptr); }
};

TEST_F(EgressDial, is_asked_after_the_name_was_looked_up) {
    set_egress_policy(std::make_shared<EgressPolicy>(std::vector<std::string>{},
                                                     std::vector<std::string>{"127.0.0.0/8", "::1"}));
    Endpoint endpoint;
    endpoint.host = "localhost";
    endpoint.port = 9;
    PeerInfo peer;
    try {
        test::Loop().run(connect(endpoint, nullptr, peer));
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::egress_denied);
    }
    try {  // and for data connections
        test::Loop().run(connect_to(endpoint, "127.0.0.1", 9, Clock::now() + std::chrono::seconds(5)));
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::egress_denied);
    }
}

TEST_F(EgressDial, counts_the_data_connection_to_the_same_peer_as_the_name_that_was_allowed) {
    set_egress_policy(
        std::make_shared<EgressPolicy>(std::vector<std::string>{"localhost"}, std::vector<std::string>{}));
    Endpoint endpoint;
    endpoint.host = "localhost";
    const auto code_of = [&](bool same_peer) {
        try {
            test::Loop().run(
                connect_to(endpoint, "127.0.0.1", 1, Clock::now() + std::chrono::seconds(5), same_peer));
        } catch (const Error& error) {
            return error.code;
        }
        return ErrorCode::internal;
    };
    EXPECT_EQ(code_of(true), ErrorCode::connection_refused);
    EXPECT_EQ(code_of(false), ErrorCode::egress_denied);
}

}  // namespace
}  // namespace fairlead::net
