#include "store/postgres/node_store.hpp"

#include "store/resource_text.hpp"

namespace fairlead::store::postgres {

void PostgresNodeStore::put(const Node& node) {
    database_.write([&](Transaction& transaction) {
        transaction.run(
            "INSERT INTO node (process, name, version, since, seen) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (process) DO UPDATE SET seen = excluded.seen",
            {node.process, node.name, node.version, to_number(node.since), to_number(node.seen)});
    });
}

std::vector<Node> PostgresNodeStore::list() {
    const auto rows =
        database_.read("SELECT process, name, version, since, seen FROM node ORDER BY name, since, process", {});
    std::vector<Node> nodes;
    for (int i = 0; i < rows.size(); ++i)
        nodes.push_back({std::string(rows[i].text(1)), std::string(rows[i].text(0)), std::string(rows[i].text(2)),
                         to_time(rows[i].number(3)), to_time(rows[i].number(4))});
    return nodes;
}

void PostgresNodeStore::remove(std::string_view process) {
    database_.write(
        [&](Transaction& transaction) { transaction.run("DELETE FROM node WHERE process = $1", {process}); });
}

}  // namespace fairlead::store::postgres
