package check;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;

/** A Eureka server and nothing else. */
@SpringBootApplication
@EnableEurekaServer
public class EurekaCheck {
  public static void main(String[] arguments) {
    SpringApplication.run(EurekaCheck.class, arguments);
  }
}
