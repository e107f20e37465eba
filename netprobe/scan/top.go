package scan

// TopTCP is the ports on which services are met most often, a hundred or so.
func TopTCP() Ports { return append(Ports(nil), topTCP...) }

// TopUDP is the UDP ports of which services answer strangers.
func TopUDP() Ports { return append(Ports(nil), topUDP...) }

// PoliteTCP is what a crawl asks the hosts in its scope: web, mail, names, remote
// access, and the databases that should not be reachable.
func PoliteTCP() Ports { return append(Ports(nil), politeTCP...) }

var politeTCP = Ports{
	21, 22, 25, 53, 80, 110, 143, 443, 465, 587, 993, 995, // the public services of a host
	1433, 3306, 3389, 5432, 6379, 8080, 8443, 27017, // what is often open by mistake
}

// topTCP is in ascending order, by what usually listens there.
var topTCP = Ports{
	21, 22, 23, 25, 53, // ftp ssh telnet smtp dns
	80, 81, 88, 110, 111, // http http kerberos pop3 rpcbind
	119, 135, 139, 143, 179, // nntp msrpc netbios imap bgp
	389, 443, 445, 465, 514, // ldap https smb smtps syslog
	515, 548, 554, 587, 631, // printer afp rtsp submission ipp
	636, 853, 873, 902, 990, // ldaps dns-over-tls rsync vmware ftps
	993, 995, 1080, 1194, 1433, // imaps pop3s socks openvpn mssql
	1521, 1723, 1883, 2049, 2082, // oracle pptp mqtt nfs cpanel
	2083, 2087, 2181, 2222, 2375, // cpanel whm zookeeper ssh docker
	2376, 2379, 2525, 3000, 3128, // docker etcd smtp http-development squid
	3268, 3306, 3389, 3690, 4190, // ldap-catalog mysql rdp svn managesieve
	4222, 4443, 5000, 5001, 5060, // nats https http http sip
	5061, 5222, 5269, 5432, 5601, // sips xmpp xmpp-server postgresql kibana
	5666, 5671, 5672, 5900, 5901, // nrpe amqps amqp vnc vnc
	5984, 5985, 5986, 6000, 6379, // couchdb winrm winrm x11 redis
	6443, 6667, 6697, 7001, 7474, // kubernetes irc ircs weblogic neo4j
	8000, 8008, 8009, 8080, 8081, // http http ajp http http
	8086, 8088, 8089, 8161, 8200, // influxdb http splunk activemq vault
	8443, 8500, 8834, 8883, 8888, // https consul nessus mqtts http
	9000, 9001, 9042, 9090, 9092, // http http cassandra prometheus kafka
	9100, 9200, 9300, 9418, 9443, // printer elasticsearch elasticsearch git https
	10000, 10050, 10250, 11211, 15672, // webmin zabbix kubelet memcached rabbitmq
	25565, 27017, 32400, 50000, 61616, // minecraft mongodb plex db2 activemq
}

// topUDP is in ascending order, by what usually listens there.
var topUDP = Ports{
	53, 69, 111, 123, 137, // dns tftp rpcbind ntp netbios
	161, 389, 500, 514, 520, // snmp ldap ike syslog rip
	1194, 1701, 1812, 1900, 3478, // openvpn l2tp radius ssdp stun
	4500, 5060, 5353, 5683, 11211, // ike sip mdns coap memcached
}
