/** What ufw 0.36 has loaded once it is enabled, as far as packets to the machine meet it. */

/** As `iptables-save` prints it. @param rules - the operator's, as ufw writes them after the chain's name */
export const ufw = (...rules: readonly string[]) =>
  [
    "*filter",
    ":INPUT DROP [0:0]",
    ...["before-logging", "before", "after", "after-logging", "reject", "track", "user"].map(
      (part) => `:ufw-${part}-input - [0:0]`,
    ),
    ...["logging-deny", "not-local", "skip-to-policy-input", "user-limit", "user-limit-accept"].map(
      (part) => `:ufw-${part} - [0:0]`,
    ),
    ...["before-logging", "before", "after", "after-logging", "reject", "track"].map(
      (part) => `-A INPUT -j ufw-${part}-input`,
    ),
    ...["udp 137", "udp 138", "tcp 139", "tcp 445", "udp 67", "udp 68"]
      .map((each) => each.split(" "))
      .map(
        ([protocol, port]) =>
          `-A ufw-after-input -p ${protocol} -m ${protocol} --dport ${port} -j ufw-skip-to-policy-input`,
      ),
    "-A ufw-after-input -m addrtype --dst-type BROADCAST -j ufw-skip-to-policy-input",
    '-A ufw-after-logging-input -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "',
    "-A ufw-before-input -i lo -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny",
    "-A ufw-before-input -m conntrack --ctstate INVALID -j DROP",
    ...[3, 11, 12, 8].map((type) => `-A ufw-before-input -p icmp -m icmp --icmp-type ${type} -j ACCEPT`),
    "-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT",
    "-A ufw-before-input -j ufw-not-local",
    "-A ufw-before-input -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT",
    "-A ufw-before-input -d 239.255.255.250/32 -p udp -m udp --dport 1900 -j ACCEPT",
    "-A ufw-before-input -j ufw-user-input",
    "-A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN",
    '-A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "',
    ...["LOCAL", "MULTICAST", "BROADCAST"].map(
      (type) => `-A ufw-not-local -m addrtype --dst-type ${type} -j RETURN`,
    ),
    "-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny",
    "-A ufw-not-local -j DROP",
    "-A ufw-skip-to-policy-input -j DROP",
    ...rules.map((rule) => `-A ufw-user-input ${rule}`),
    '-A ufw-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "',
    "-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable",
    "-A ufw-user-limit-accept -j ACCEPT",
    "COMMIT",
    "",
  ].join("\n");
